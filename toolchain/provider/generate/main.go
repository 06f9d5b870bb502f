// Command generate writes the Pulumi schema and the bridge's run-time metadata of the provider.
//
//	go run ./generate schema --out .
package main

import (
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"samdrift/toolchain/provider/bridge"
)

func main() {
	// The published package's descriptions come from upstream's Markdown; without them generation takes a second.
	if err := os.Setenv("PULUMI_MISSING_DOCS_ERROR", "false"); err != nil {
		panic(err)
	}
	tfgen.MainWithMuxer(bridge.Package, bridge.Provider([]byte("{}")))
}
