//go:build linux && (amd64 || arm64) && !cgo

package core

// The compiler prints this text.
var _ int = "tesseral needs cgo: install a C compiler (gcc or clang) and set CGO_ENABLED=1"
