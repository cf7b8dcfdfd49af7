# Firewall of the hub
terraform {
  required_version = ">= 1.5"
}

locals {
  branches = ["10.0.0.0/8"]
  note     = <<-EOT
    Opened for Defender: see "the ticket".
  EOT
}

resource "azurerm_firewall_policy" "hub" {
  name                = "contoso-hub"
  resource_group_name = var.group
  location            = var.location
}

resource "azurerm_firewall_policy_rule_collection_group" "defender" {
  name               = "defender"
  firewall_policy_id = azurerm_firewall_policy.hub.id
  priority           = 300

  application_rule_collection {
    name     = "defender"
    priority = 100
    action   = "Allow"

    rule {
      name              = "hosts"
      source_addresses  = local.branches
      destination_fqdns = concat(var.defender_hosts, ["login.live.com"])
      protocols {
        type = "Https"
        port = 443
      }
    }

    rule {
      name              = "telemetry"
      source_addresses  = local.branches
      destination_fqdns = var.telemetry_hosts
      protocols {
        type = "Https"
        port = 443
      }
    }

    dynamic "rule" {
      for_each = var.more
      content {
        name = rule.key
      }
    }
  }

  network_rule_collection {
    name     = "time"
    priority = 200
    action   = "Allow"

    rule {
      name                  = "ntp"
      protocols             = ["UDP"]
      source_addresses      = local.branches
      destination_addresses = ["*"]
      destination_ports     = ["123"]
    }
  }
}
