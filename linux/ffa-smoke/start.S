// SPDX-License-Identifier: GPL-2.0-only
// The normal world's first instructions: EL3 enters here at EL2, and Linux wants the address of its device tree in x0.

	.global	_start
_start:
	ldr	x4, =KERNEL
	ldr	x0, =DEVICE_TREE
	mov	x1, xzr
	mov	x2, xzr
	mov	x3, xzr
	br	x4
