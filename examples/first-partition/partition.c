/* A secure partition in C: it says hello, waits, and adds one to each number that it is sent. */
#include <stdint.h>

#define FFA_MSG_WAIT 0x8400006bu
#define FFA_MSG_SEND_DIRECT_REQ_64 0xc400006fu
#define FFA_MSG_SEND_DIRECT_RESP_64 0xc4000070u
#define FFA_CONSOLE_LOG_64 0xc400008au

/* x0 to x7: all that this partition sends and receives. */
typedef struct {
    uint64_t x[8];
} registers;

/* Calls the partition manager; r becomes what it, or who runs us next, gives back. */
static void smc(registers *r)
{
    register uint64_t x0 asm("x0") = r->x[0];
    register uint64_t x1 asm("x1") = r->x[1];
    register uint64_t x2 asm("x2") = r->x[2];
    register uint64_t x3 asm("x3") = r->x[3];
    register uint64_t x4 asm("x4") = r->x[4];
    register uint64_t x5 asm("x5") = r->x[5];
    register uint64_t x6 asm("x6") = r->x[6];
    register uint64_t x7 asm("x7") = r->x[7];
    asm volatile("smc #0"
                 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6), "+r"(x7)
                 :
                 : "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
    *r = (registers){{x0, x1, x2, x3, x4, x5, x6, x7}};
}

/* Prints at most 48 characters: the first in the low byte of x2. */
static void print(const char *text)
{
    registers log = {{FFA_CONSOLE_LOG_64}};
    uint64_t length = 0;
    while (text[length] != 0 && length < 48) {
        log.x[2 + length / 8] |= (uint64_t)(uint8_t)text[length] << length % 8 * 8;
        length++;
    }
    log.x[1] = length;
    smc(&log);
}

__attribute__((used)) static void partition(void)
{
    print("hello from C\n");
    registers message = {{FFA_MSG_WAIT}};
    for (;;) {
        smc(&message);
        if ((uint32_t)message.x[0] != FFA_MSG_SEND_DIRECT_REQ_64) {
            print("that was no request\n");
            message = (registers){{FFA_MSG_WAIT}};
            continue;
        }
        uint64_t sender = message.x[1] >> 16, receiver = message.x[1] & 0xffff;
        uint64_t number = message.x[3];
        message = (registers){{FFA_MSG_SEND_DIRECT_RESP_64, receiver << 16 | sender, 0, number + 1}};
    }
}

/* The entry point: first in the image, with no stack yet. */
asm(".pushsection .text.start, \"ax\"\n"
    ".global _start\n"
    "_start:\n"
    "    adrp x9, stack_end\n"
    "    add x9, x9, :lo12:stack_end\n"
    "    mov sp, x9\n"
    "    b partition\n"
    ".popsection\n"
    ".pushsection .bss\n"
    ".balign 16\n"
    "    .skip 4096\n"
    "stack_end:\n"
    ".popsection\n");
