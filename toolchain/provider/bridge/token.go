package bridge

import (
	"strings"
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

const (
	longPrefix  = "proxmox_virtual_environment_"
	shortPrefix = "proxmox_"
	rootModule  = "index"
)

// split turns a Terraform name into module path and class name:
//
//	proxmox_storage_nfs                     -> storage, Nfs
//	proxmox_virtual_environment_storage_nfs -> storage, NfsLegacy
//	proxmox_virtual_environment_container   -> index, ContainerLegacy
func split(terraformName string) (module, class string) {
	path, isLong := strings.CutPrefix(terraformName, longPrefix)
	if !isLong {
		path = strings.TrimPrefix(terraformName, shortPrefix)
	}
	items := strings.Split(path, "_")
	last := len(items) - 1

	class = capitalised(items[last])
	if isLong {
		class += "Legacy"
	}
	if last == 0 {
		return rootModule, class
	}

	return strings.Join(items[:last], "/"), class
}

func capitalised(word string) string {
	letters := []rune(word)
	letters[0] = unicode.ToUpper(letters[0])

	return string(letters)
}

func nameResource(terraformName string, resource *tfbridge.ResourceInfo) error {
	module, class := split(terraformName)
	resource.Tok = tfbridge.MakeResource(Package, module, class)

	return nil
}

func nameDataSource(terraformName string, source *tfbridge.DataSourceInfo) error {
	module, class := split(terraformName)
	source.Tok = tfbridge.MakeDataSource(Package, module, "get"+class)

	return nil
}
