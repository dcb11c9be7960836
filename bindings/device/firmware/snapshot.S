/* The files that `fake-tesseral mint` has written, as they are, in the image. A product has its configuration document there. */
    .macro file name, path
    .section .rodata.\name, "a"
    .globl \name, \name\()_end
    .balign 4
\name:
    .incbin "\path"
\name\()_end:
    .byte 0
    .endm

    file snapshot, "config.json"
    file good_token, "token"
    file tampered_token, "tampered"
    file expired_token, "expired"
