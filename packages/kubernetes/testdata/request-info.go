// Reads lines "METHOD TARGET" and prints what RequestInfoFactory makes of each, as a JSON array.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/endpoints/request"
)

type row struct {
	Method, Target string
	GoAccepts      bool
	Error          string               `json:",omitempty"`
	Info           *request.RequestInfo `json:",omitempty"`
	Query          url.Values           `json:",omitempty"`
}

func main() {
	f := &request.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(make([]byte, 1<<20), 1<<26)
	rows := []row{}
	for sc.Scan() {
		line := sc.Text()
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		i := strings.Index(line, " ")
		m, t := line[:i], line[i+1:]
		r := row{Method: m, Target: t}
		u, err := url.ParseRequestURI(t)
		if err != nil {
			rows = append(rows, r)
			continue
		}
		r.GoAccepts = true
		info, err := f.NewRequestInfo(&http.Request{Method: m, URL: u})
		if err != nil {
			r.Error = "yes"
		}
		r.Info = info
		r.Query = u.Query()
		rows = append(rows, r)
	}
	b, _ := json.MarshalIndent(rows, "", " ")
	fmt.Println(string(b))
}
