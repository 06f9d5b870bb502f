package bridge

import (
	"context"
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// givenID is the Pulumi name of a Terraform `id` that the person chooses (a storage's, a zone's, a VM's number).
// Pulumi keeps `id` for itself.
const givenID = "resourceId"

// namedByBridge are resources that the published package leaves to the bridge, which names the id after the resource
// (`sdnControllerEvpnId`) and reads it from there.
var namedByBridge = map[string]bool{"proxmox_sdn_controller_evpn": true}

// renameGivenIDs renames every `id` that is an input, and makes Pulumi's own id of the same value.
func renameGivenIDs(info *tfbridge.ProviderInfo) {
	info.P.ResourcesMap().Range(func(terraformName string, res shim.Resource) bool {
		id, found := res.Schema().GetOk("id")
		if found && (id.Required() || id.Optional()) && !namedByBridge[terraformName] {
			info.Resources[terraformName] = &tfbridge.ResourceInfo{
				Fields:    map[string]*tfbridge.SchemaInfo{"id": {Name: givenID, Type: "string"}},
				ComputeID: readGivenID,
			}
		}

		return true
	})
}

// readGivenID reads the id where it is after the renaming. Reading `id` finds nothing and panics after the object was
// made, which leaves an orphan (muhlba91/pulumi-proxmoxve issue 967).
func readGivenID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state[givenID]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if value.IsOutput() {
		value = value.OutputValue().Element
	}
	switch {
	case value.IsString():
		return resource.ID(value.StringValue()), nil
	case value.IsNumber():
		return resource.ID(strconv.FormatInt(int64(value.NumberValue()), 10)), nil
	default:
		return "", fmt.Errorf("property %q is %s, expected a string or a number", givenID, value.TypeString())
	}
}
