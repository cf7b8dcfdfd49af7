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
        "*.checkappexec.microsoft.com",
        "*.delivery.mp.microsoft.com",
        "*.download.microsoft.com",
        "*.ecs.office.com",
        "*.events.data.microsoft.com",
        "*.security.microsoft.com",
        "*.smartscreen-prod.microsoft.com",
        "*.smartscreen.microsoft.com",
        "*.update.microsoft.com",
        "*.urs.microsoft.com",
        "*.wd.microsoft.com",
        "*.wdcp.microsoft.com",
        "*.windowsupdate.com",
        "*.wns.windows.com",
        "11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net",
        "11111111-2222-3333-4444-555555555555.ods.opinsights.azure.com",
        "11111111-2222-3333-4444-555555555555.oms.opinsights.azure.com",
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.agentsvc.azure-automation.net",
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.ods.opinsights.azure.com",
        "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.oms.opinsights.azure.com",
        "automatedirstrprdneu.blob.core.windows.net",
        "automatedirstrprdneu3.blob.core.windows.net",
        "automatedirstrprduks.blob.core.windows.net",
        "automatedirstrprdukw.blob.core.windows.net",
        "automatedirstrprdweu.blob.core.windows.net",
        "automatedirstrprdweu3.blob.core.windows.net",
        "definitionupdates.microsoft.com",
        "enterpriseregistration.windows.net",
        "eu.vortex-win.data.microsoft.com",
        "events.data.microsoft.com",
        "go.microsoft.com",
        "login.live.com",
        "login.microsoftonline.com",
        "login.windows.net",
        "officecdn-microsoft-com.akamaized.net",
        "packages.microsoft.com",
        "scadvisorcontent.blob.core.windows.net",
        "settings-win.data.microsoft.com",
        "uk.vortex-win.data.microsoft.com",
        "usseu1northprod.blob.core.windows.net",
        "usseu1westprod.blob.core.windows.net",
        "ussuk1southprod.blob.core.windows.net",
        "ussuk1westprod.blob.core.windows.net",
        "vortex-win.data.microsoft.com",
        "winatp-gw-neu.microsoft.com",
        "winatp-gw-neu3.microsoft.com",
        "winatp-gw-uks.microsoft.com",
        "winatp-gw-ukw.microsoft.com",
        "winatp-gw-weu.microsoft.com",
        "winatp-gw-weu3.microsoft.com",
        "wseu1northprod.blob.core.windows.net",
        "wseu1westprod.blob.core.windows.net",
        "wsuk1southprod.blob.core.windows.net",
        "wsuk1westprod.blob.core.windows.net",
        "www.microsoft.com",
      ]
      terminate_tls = false
    }
  }

  application_rule_collection {
    name     = "mde-allow-url"
    priority = 1100
    action   = "Allow"

    rule {
      name = "http-80-url"
      protocols {
        type = "Http"
        port = 80
      }
      source_addresses = var.source_addresses
      destination_urls = [
        "www.microsoft.com/pki/*",
        "www.microsoft.com/pkiops/*",
      ]
      terminate_tls = false
    }
  }
}
