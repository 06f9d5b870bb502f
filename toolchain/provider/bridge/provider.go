// Package bridge describes the Proxmox VE provider to Pulumi: its two Terraform halves, names and identities.
package bridge

import (
	"context"

	"github.com/bpg/terraform-provider-proxmox/fwprovider"
	"github.com/bpg/terraform-provider-proxmox/proxmoxtf/provider"
	pftfbridge "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

const (
	// Package is the name in `proxmoxve:storage/nfs:Nfs` and in the plugin's file name.
	Package = "proxmoxve"

	// longestName bounds the names Pulumi makes up (`web-1f2e3d4`); it is the published plugin's bound, because
	// this is also what makes `name` an optional input.
	longestName = 255
)

// Version must equal the installed Python package's: the engine looks the plugin up by it.
// The build sets it (-X) from the one place that knows the pins.
var Version = "0.0.0"

// Provider joins the SDKv2 and the framework half of the Terraform provider under the names of the Python package.
// metadata is what ./generate wrote, or `{}` while it is writing.
func Provider(metadata []byte) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P: pftfbridge.MuxShimWithPF(
			context.Background(),
			sdkv2.NewProvider(provider.ProxmoxVirtualEnvironment()),
			fwprovider.New(Version)(),
		),
		Name:           Package,
		ResourcePrefix: "proxmox",
		DisplayName:    "Proxmox VE",
		Description:    "Proxmox VE resources, bridged from bpg/terraform-provider-proxmox",
		License:        "MPL-2.0",
		GitHubOrg:      "bpg",
		Version:        Version,
		Resources:      map[string]*tfbridge.ResourceInfo{},
		DataSources:    map[string]*tfbridge.DataSourceInfo{},
		MetadataInfo:   tfbridge.NewProviderMetadata(metadata),
	}
	renameGivenIDs(&info)
	info.MustComputeTokens(tfbridge.Strategy{Resource: nameResource, DataSource: nameDataSource})
	info.SetAutonaming(longestName, "-")

	return info
}
