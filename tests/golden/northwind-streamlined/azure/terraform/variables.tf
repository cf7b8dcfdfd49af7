# Defender for Endpoint on Azure Firewall: rule collection group.
# Profile: northwind-streamlined
# Source:  list.xlsx
# Source:  service-tags.json
# Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
# WIDER: https://www.microsoft.com:443/security/encyclopedia/adlpackages.aspx (path)
# OMITTED: https://[2603:1000:104:3::580/122]:443 (family)
# OMITTED: https://[2603:1000:4:2::780/122]:443 (family)
# OMITTED: https://[2603:1010:101:2::500/122]:443 (family)
# OMITTED: https://[2603:1010:304:5::5c0/122]:443 (family)
# OMITTED: https://[2603:1010:404:5::780/122]:443 (family)
# OMITTED: https://[2603:1010:6:4::480/122]:443 (family)
# OMITTED: https://[2603:1020:1004:3::740/122]:443 (family)
# OMITTED: https://[2603:1020:1104:2::700/122]:443 (family)
# OMITTED: https://[2603:1020:1204:3::440/122]:443 (family)
# OMITTED: https://[2603:1020:1302:3::c0/122]:443 (family)
# OMITTED: https://[2603:1020:1403:3::480/122]:443 (family)
# OMITTED: https://[2603:1020:206:b::3c0/122]:443 (family)
# OMITTED: https://[2603:1020:5:9::2c0/122]:443 (family)
# OMITTED: https://[2603:1020:605:3::2c0/122]:443 (family)
# OMITTED: https://[2603:1020:705:3::4c0/122]:443 (family)
# OMITTED: https://[2603:1020:805:3::300/122]:443 (family)
# OMITTED: https://[2603:1020:905:2::680/122]:443 (family)
# OMITTED: https://[2603:1020:a04:3::780/122]:443 (family)
# OMITTED: https://[2603:1020:b04:2::7c0/122]:443 (family)
# and 42 more differences: see `losses` in manifest.json
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
