package tesseral

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"

	"tesseral-verify.example/tesseral/internal/core"
)

// notices log what goes wrong on the way to the service: each cause once, and then at most once a minute. A line has the words
// of the library's own authenticator. It never has the text of an error, because that may contain text of the other side.
type notices struct {
	logger *slog.Logger
	lock   sync.Mutex
	// When each cause was last logged, by the steady clock. There are few causes.
	told map[cause]int64
}

type cause struct {
	about about
	fault string
}

// about is what the authenticator asked the service for.
type about int

const (
	aboutDocument about = iota
	aboutAPIKeys
)

// noticeInterval is NOTICE_INTERVAL_MS of src/limits.rs.
const noticeInterval = 60_000

func (n *notices) tell(about about, host string, err error, now core.Moment) {
	fault, text := faultOf(err)
	n.lock.Lock()
	last, known := n.told[cause{about, fault}]
	if known && now.Steady-last < noticeInterval {
		n.lock.Unlock()
		return
	}
	if n.told == nil {
		n.told = map[cause]int64{}
	}
	n.told[cause{about, fault}] = now.Steady
	n.lock.Unlock()
	what := "no configuration document from"
	if about == aboutAPIKeys {
		what = "no answer about API keys from"
	}
	// A logger that fails must not end the program.
	defer func() { _ = recover() }()
	n.logger.Warn(fmt.Sprintf("tesseral: %s %s: %s [%s]; %s", what, host, text, fault, advice(about, fault, err)))
}

// faultOf is the library's name for what went wrong, and its text.
func faultOf(err error) (fault, text string) {
	var refused *Error
	var status httpStatusError
	var name *net.DNSError
	var network net.Error
	var operation *net.OpError
	switch {
	case errors.As(err, &refused):
		return refused.slug, refused.text
	case errors.As(err, &status):
		return "http_status", "the answer has HTTP status " + fmt.Sprint(int(status))
	case errors.Is(err, errAnswerTooLarge):
		return "answer_too_large", "the answer is too large"
	case errors.As(err, &name) && name.IsNotFound:
		return "host_not_found", "the host's name has no address"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timed_out", "no answer within the time-out"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection_refused", "nothing listens at the host's address and port"
	case isTLS(err):
		return "tls_failed", "the host is not trusted"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "answer_malformed", "the answer is not HTTP or ends too early"
	case errors.As(err, &operation):
		return "connection_failed", "the connection failed"
	default:
		return "answer_malformed", "the answer is not HTTP or ends too early"
	}
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &record) || errors.As(err, &alert)
}

// advice is what the operator can do.
func advice(about about, fault string, err error) string {
	var status httpStatusError
	errors.As(err, &status)
	wrongNames := status == http.StatusBadRequest || status == http.StatusNotFound
	switch {
	case fault == "host_not_found":
		return "check the host's name and this machine's resolver"
	case fault == "connection_refused":
		return "check the host and the port, or the proxy variables"
	case fault == "connection_failed" || fault == "timed_out":
		return "check the network, a firewall and the proxy variables"
	case fault == "tls_failed":
		return "check the host's certificate and the authorities that are trusted"
	case about == aboutDocument && wrongNames:
		return "check the publishable key and the config host"
	case about == aboutAPIKeys && (wrongNames || status == http.StatusUnauthorized):
		return "check the backend API key and the backend host"
	case status != 0:
		return "the service, or a proxy before it, is at fault"
	default:
		return "check that the host is the service, not a proxy or a login page"
	}
}
