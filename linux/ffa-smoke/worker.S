// SPDX-License-Identifier: GPL-2.0-only
// A secure partition with a vCPU for each core, for ever: it works for x4 ticks of the counter, then answers x3 + 1 in
// x3 and the number of its vCPU in x4. It needs no stack.

#define FFA_MSG_WAIT			0x8400006b
#define FFA_MSG_SEND_DIRECT_REQ_64	0xc400006f
#define FFA_MSG_SEND_DIRECT_RESP_64	0xc4000070

	.global	_start
_start:
	mrs	x20, mpidr_el1
	and	x20, x20, #0xff			// the vCPU: the monitor numbers them so
	ldr	w21, =FFA_MSG_SEND_DIRECT_REQ_64
wait:
	ldr	w0, =FFA_MSG_WAIT
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
call:
	mov	x5, xzr
	mov	x6, xzr
	mov	x7, xzr
	smc	#0
	cmp	w0, w21
	b.ne	wait
	mrs	x22, cntvct_el0
work:
	isb
	mrs	x23, cntvct_el0
	sub	x23, x23, x22
	cmp	x23, x4
	b.lo	work
	ldr	w0, =FFA_MSG_SEND_DIRECT_RESP_64
	ror	w1, w1, #16			// from the receiver to the sender
	mov	x2, xzr
	add	x3, x3, #1
	mov	x4, x20
	b	call
