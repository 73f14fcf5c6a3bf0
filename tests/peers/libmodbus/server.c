/* Serves unit 1 on a serial port through libmodbus: `server PORT`.
 *
 * Holding register n holds 257 n + 1. Input registers: from 0 the float 220.5 in the orders ABCD,
 * CDAB, BADC, DCBA, from 8 the int32 -123456, from 10 the int64 -123456789012, from 14 the int16 -5.
 * Coil n is on when n is divisible by 3, discrete input n when n is divisible by 5.
 */
#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>

/* 220.5 is 435C8000. Written out: the modbus_set_float_* of 3.1.6 mix up the orders (issue 611). */
static const uint16_t FLOATS[] = {0x435C, 0x8000, 0x8000, 0x435C, 0x5C43, 0x0080, 0x0080, 0x5C43};

int main(int count, char **arguments) {
    if (count != 2) return 2;
    modbus_t *line = modbus_new_rtu(arguments[1], 115200, 'N', 8, 1);
    modbus_mapping_t *map = modbus_mapping_new(2000, 2000, 200, 200);
    if (line == NULL || map == NULL) return 1;
    for (int n = 0; n < 2000; n++) {
        map->tab_bits[n] = n % 3 == 0;
        map->tab_input_bits[n] = n % 5 == 0;
    }
    for (int n = 0; n < 200; n++) map->tab_registers[n] = 257 * n + 1;
    for (int n = 0; n < 8; n++) map->tab_input_registers[n] = FLOATS[n];
    int32_t narrow = -123456;
    int64_t wide = -123456789012;
    MODBUS_SET_INT32_TO_INT16(map->tab_input_registers, 8, narrow);
    MODBUS_SET_INT64_TO_INT16(map->tab_input_registers, 10, wide);
    map->tab_input_registers[14] = (uint16_t)-5;
    modbus_set_slave(line, 1);
    if (modbus_connect(line) != 0) return 1;
    puts("ready");
    fflush(stdout);
    for (;;) {
        uint8_t request[MODBUS_RTU_MAX_ADU_LENGTH];
        int length = modbus_receive(line, request);
        if (length > 0) modbus_reply(line, request, length, map);
        /* An error of the system, not of the frame: the line is gone. */
        if (length < 0 && errno < MODBUS_ENOBASE && errno != ETIMEDOUT) return 0;
    }
}
