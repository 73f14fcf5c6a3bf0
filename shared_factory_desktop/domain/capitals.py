"""Amounts of money in Chinese capitals, which nobody can alter with a pen stroke."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_SECTIONS = ((10**8, "亿"), (10**4, "万"))
_END_FEN = 10**18  # beyond a quadrillion yuan the sections have no name here


def capitals(amount_fen: int) -> str:
    """Write an amount in fen as on a cheque: 32504 is 人民币叁佰贰拾伍元零肆分.

    Rules of 支付结算办法, annex 1, with the choices of the pricing contract (fine print 11).
    Raises ValueError from 10^16 CNY on.
    """
    if abs(amount_fen) >= _END_FEN:
        raise ValueError(f"{amount_fen} fen: expected less than {_END_FEN}")
    sign = "负" if amount_fen < 0 else ""
    yuan, part = divmod(abs(amount_fen), 100)
    jiao, fen = divmod(part, 10)
    whole = f"{_whole(yuan)}元" if yuan else ""
    if not part:
        return f"人民币{sign}{whole or '零元'}整"
    zero = "零" if yuan and (jiao == 0 or yuan % 10 == 0) else ""
    tenths = f"{_DIGITS[jiao]}角" if jiao else ""
    hundredths = f"{_DIGITS[fen]}分" if fen else ""
    return f"人民币{sign}{whole}{zero}{tenths}{hundredths}"


def _whole(number: int) -> str:
    """Spell a positive whole number; 零 stands where the digit after a section is missing."""
    for size, name in _SECTIONS:
        if number >= size:
            high, low = divmod(number, size)
            zero = "零" if 0 < low < size // 10 else ""
            return f"{_whole(high)}{name}{zero}{_whole(low) if low else ''}"
    return _section(number)


def _section(number: int) -> str:
    """Spell 1 to 9999; a run of zeros inside is one 零, zeros at the end are not said."""
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
        gap = digit == 0
    return text
