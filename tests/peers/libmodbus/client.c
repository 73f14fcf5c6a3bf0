/* Reads holding registers of unit 1 through libmodbus: `client PORT BAUD REGISTERS READS`.
 *
 * Prints the reads that succeeded, and the seconds of processor time and of real time they took.
 */
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double processor_s(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return used.ru_utime.tv_sec + used.ru_stime.tv_sec +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double real_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    int registers = atoi(arguments[3]), reads = atoi(arguments[4]), good = 0;
    modbus_t *line = modbus_new_rtu(arguments[1], atoi(arguments[2]), 'N', 8, 1);
    if (line == NULL) return 1;
    modbus_set_slave(line, 1);
    modbus_set_response_timeout(line, 5, 0);
    if (modbus_connect(line) != 0) return 1;
    double processor = processor_s(), real = real_s();
    for (int n = 0; n < reads; n++) {
        uint16_t values[MODBUS_MAX_READ_REGISTERS];
        good += modbus_read_registers(line, 0, registers, values) == registers;
    }
    printf("%d %f %f\n", good, processor_s() - processor, real_s() - real);
    modbus_close(line);
    modbus_free(line);
    return 0;
}
