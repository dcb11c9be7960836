//go:build !(linux && (amd64 || arm64))

package core

// The compiler prints this text.
var _ int = "tesseral has no archive for this platform: it has linux/amd64 and linux/arm64"
