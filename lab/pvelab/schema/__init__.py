"""The interface facts of the Proxmox VE API, and what follows from them: routing, parameter checks, coverage."""
