// DTM's own entry point, without its admin pages and the drivers of service discovery.
// DTM_IDLE = idle connections kept to a participant; its client's default is three on two cores.
package main

import (
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/dtm-labs/dtm/client/dtmcli/dtmimp"
	"github.com/dtm-labs/dtm/dtmsvr/entry"
)

var version = "v1.19.0"

func main() {
	if n, _ := strconv.Atoi(os.Getenv("DTM_IDLE")); n > 0 {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.MaxIdleConns, t.MaxIdleConnsPerHost = 0, n
		dtmimp.GetRestyClient2(0).SetTransport(t)
	}
	if app, _ := entry.Main(&version); app != nil {
		q := make(chan os.Signal, 1)
		signal.Notify(q, syscall.SIGINT, syscall.SIGTERM)
		<-q
	}
}
