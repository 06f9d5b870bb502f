// Command pulumi-resource-proxmoxve is the Pulumi plugin that `pulumi_proxmoxve` asks for.
//
// It serves the Proxmox VE resources of bpg/terraform-provider-proxmox through Pulumi's Terraform bridge.
// schema.json and bridge-metadata.json are written by ./generate just before this command is compiled.
package main

import (
	"context"
	_ "embed"

	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"samdrift/toolchain/provider/bridge"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

func main() {
	pftfbridge.MainWithMuxer(context.Background(), bridge.Package, bridge.Provider(metadata), schema)
}
