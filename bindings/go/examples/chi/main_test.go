package main

import (
	"testing"

	"tesseral-verify.example/tesseral/examples/internal/check"
)

func TestExample(t *testing.T) { check.Handler(t, handler) }
