# Defender for Endpoint on Azure Firewall: rule collection group.
# Profile: fabrikam-gcc-high
# Source:  list.xlsx
# Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
# WIDER: http://crl.microsoft.com:80/pki/crl/* (path)
# WIDER: http://www.microsoft.com:80/pki/certs (path)
# WIDER: http://www.microsoft.com:80/pkiops/* (path)
#
# Give the group a lower priority number than every group that inspects TLS or denies; a parent policy wins.
# No rule here inspects TLS. Network rules are looked at before all application rules.
# One group of a policy can be updated at a time: the groups of this module wait for each other.
# A group that is no longer among the files stays in the policy until it is deleted there.
# The files of this folder are one module: terraform plan, then apply.
variable "firewall_policy_id" {
  type = string
}

variable "source_addresses" {
  type = list(string)
  default = [
    "10.0.0.0/8",
  ]
}
