"""What ISO/IEC 17025:2017 asks of a certificate, by clause, as the sample says it in Chinese and in
English.
"""

from __future__ import annotations

from tests.exports.certificates import NUMBER

ASKED = {
    "7.8.2.1 a title": ("校准证书", "Calibration Certificate"),
    "7.8.2.1 b laboratory": ("河北安平共享智造工场有限公司",) * 2,
    "7.8.2.1 b its address": ("河北省衡水市安平县丝网工业园纬三路 18 号",) * 2,
    "7.8.2.1 c place": (
        "校准地点 安平县丝网工业园纬三路 18 号 二号车间",
        "Place 安平县丝网工业园纬三路 18 号 二号车间",
    ),
    "7.8.2.1 d number": (f"证书编号 {NUMBER}", f"Certificate No. {NUMBER}"),
    "7.8.2.1 d end mark": ("证书结束", "End of certificate"),
    "7.8.2.1 e client": ("名称 安平县恒泰丝网制品厂", "Name 安平县恒泰丝网制品厂"),
    "7.8.2.1 e its address": ("地址 安平县东环路 6 号", "Address 安平县东环路 6 号"),
    "7.8.2.1 f method": ("校准方法 SFD-JZ-02 第 3 版，比较法", "Method SFD-JZ-02 第 3 版，比较法"),
    "7.8.2.1 g meter": ("表计编号 M-001", "Meter M-001"),
    "7.8.2.1 g maker": ("制造单位 Eastron", "Maker Eastron"),
    "7.8.2.1 g model": ("型号规格 SDM630 v2", "Model SDM630 v2"),
    "7.8.2.1 g serial": ("出厂编号 EA-2209-0417", "Serial no. EA-2209-0417"),
    "7.8.2.1 g quantity": ("校准量 功率", "Quantity power"),
    "7.8.2.1 g range": (
        "测量范围 3×230/400 V，0.05–100 A",
        "Range 3×230/400 V，0.05–100 A",
    ),
    "7.8.2.1 g resolution": ("分辨力 0.1 W", "Resolution 0.1 W"),
    "7.8.2.1 g class": ("准确度等级 1", "Accuracy class 1"),
    "7.8.2.1 g location": ("安装地点 二号车间 3 排电柜", "Location 二号车间 3 排电柜"),
    "7.8.2.1 g machine": ("所属设备 6 kW 光纤激光切割机 2#", "Machine 6 kW 光纤激光切割机 2#"),
    "7.8.2.1 g identifier": ("工业互联网标识 88.608.8889/M-001", "Identifier 88.608.8889/M-001"),
    "7.8.2.1 h received": ("接收日期 2026年10月30日", "Received 2026-10-30"),
    "7.8.2.1 i performed": (
        "校准时间 2026-11-02 09:15:00 Asia/Shanghai",
        "Performed 2026-11-02 09:15:00 Asia/Shanghai",
    ),
    "7.8.2.1 j issued, the local day": ("签发日期 2026年11月03日", "Date of issue 2026-11-03"),
    "7.8.2.1 l only the item": (
        "本证书的结果只与被校准的计量器具有关。",
        "The results relate only to the item calibrated.",
    ),
    "7.8.2.1 m result": (
        "1 5 % In 500 505.20 3 +1.040 ±1 0.056 有条件不符合",
        "1 5 % In 500 505.20 3 +1.040 ±1 0.056 Conditional fail",
    ),
    "7.8.2.1 m units": (
        "标准值 W 示值平均 W 次数 误差 e % 允许误差 % U (k=2) %",
        "Reference W Mean indication W",
    ),
    "7.8.2.1 o authoriser": ("核验并批准 王敏 签字：", "Authorised by 王敏 Signature:"),
    "operator": ("校准 李建国 签字：", "Calibrated by 李建国 Signature:"),
    "7.8.2.2 in full": ("不得部分复制本证书", "shall not be reproduced except in full"),
    "7.8.4.1 a uncertainty": (
        "U = k·u_c，k = 2，包含概率约 95 %",
        "k = 2 for a coverage probability of about 95 %",
    ),
    "7.8.4.1 b temperature": ("环境温度 22.4 °C", "Temperature 22.4 °C"),
    "7.8.4.1 b humidity": ("相对湿度 48 %", "Rel. humidity 48 %"),
    "7.8.4.1 c traceability": ("DLjl2026-03417，河北省计量监督检测",) * 2,
    "7.8.4.1 c standard": (
        "三相标准电能表 (STD-01) HS-5300-118",
        "三相标准电能表 (STD-01) HS-5300-118",
    ),
    "7.8.4.1 c its uncertainty": ("U = 0.05 % (k = 2) 2027-03-14",) * 2,
    "7.8.4.1 d before": ("校准结果：调整前", "Results: as found"),
    "7.8.4.1 d after": ("校准结果：调整后", "Results: as left"),
    "7.8.4.1 d result after": (
        "5 100 % In 0.5L 5000 5004.0 3 +0.080 ±1 0.050 符合",
        "5 100 % In 0.5L 5000 5004.0 3 +0.080 ±1 0.050 Pass",
    ),
    "adjusted": ("是否调整 是，已调整", "Adjusted yes, adjusted"),
    "gain": ("b = 0.9956985 u(b) = 0.00014",) * 2,
    "offset": ("a = -0.398 W u(a) = 0.84 W",) * 2,
    "valid from": (
        "生效时刻 2026-11-02 10:40:30 Asia/Shanghai",
        "Valid from 2026-11-02 10:40:30 Asia/Shanghai",
    ),
    "7.8.4.3 no interval": ("不含校准间隔的建议", "recommends no calibration interval"),
    "7.8.4.3 agreed": ("下次校准到期日：2027年11月01日", "as agreed with the client: 2027-11-01"),
    "7.8.6.1 rule": ("四区判定（ILAC-G8:09/2019", "Four zones (ILAC-G8:09/2019"),
    "7.8.6.2 a which results": (
        "调整前结果 符合 3 点，有条件符合 1 点，有条件不符合 1 点",
        "As found Pass: 3, Conditional pass: 1, Conditional fail: 1",
    ),
    "7.8.6.2 b specification": (
        "最大允许误差 ±1 %（准确度等级 1）",
        "maximum permissible error ±1 % (accuracy class 1)",
    ),
    "remarks": ("铅封 A-0172 完好。",) * 2,
    "reason": ("校准原因 周期校准", "Reason periodic"),
    "use": ("用途 贸易结算", "Use trade settlement"),
}  # fmt: skip
