# Defender for Endpoint on Azure Firewall, part 1 of 1. What it is: see variables.tf.
resource "azurerm_firewall_policy_rule_collection_group" "mde" {
  name               = "mde-allow"
  firewall_policy_id = var.firewall_policy_id
  priority           = 500

  application_rule_collection {
    name     = "mde-allow-no-tls-inspection"
    priority = 1000
    action   = "Allow"

    rule {
      name = "http-80-fqdn"
      protocols {
        type = "Http"
        port = 80
      }
      source_addresses = var.source_addresses
      destination_fqdns = [
        "crl.microsoft.com",
        "ctldl.windowsupdate.com",
        "www.microsoft.com",
      ]
      terminate_tls = false
    }

    rule {
      name = "https-443-fqdn"
      protocols {
        type = "Https"
        port = 443
      }
      source_addresses = var.source_addresses
      destination_fqdns = [
        "*.agentsvc.azure-automation.us",
        "*.blob.core.usgovcloudapi.net",
        "*.delivery.mp.microsoft.com",
        "*.download.microsoft.com",
        "*.endpoint.security.microsoft.com",
        "*.microsoftonline-p.com",
        "*.ods.opinsights.azure.us",
        "*.oms.opinsights.azure.us",
        "*.securitycenter.microsoft.us",
        "*.update.microsoft.com",
        "*.windowsupdate.com",
        "*.wns.windows.com",
        "cdn.x.cp.wd.microsoft.com",
        "crl.microsoft.com",
        "events.data.microsoft.com",
        "login.live.com",
        "login.microsoftonline.com",
        "login.microsoftonline.us",
        "officecdn-microsoft-com.akamaized.net",
        "static2.sharepointonline.com",
        "unitedstates1.cp.wd.microsoft.us",
        "unitedstates1.ss.wd.microsoft.us",
        "unitedstates1.x.cp.wd.microsoft.us",
        "us4-v20.events.data.microsoft.com",
        "winatp-gw-usgt.microsoft.com",
      ]
      terminate_tls = false
    }
  }
}
