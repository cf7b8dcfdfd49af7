# Defender for Endpoint on Azure Firewall, part 1 of 1. What it is: see variables.tf.
resource "azurerm_firewall_policy_rule_collection_group" "mde" {
  name               = "mde-allow"
  firewall_policy_id = var.firewall_policy_id
  priority           = 500

  network_rule_collection {
    name     = "mde-allow-net"
    priority = 200
    action   = "Allow"

    rule {
      name             = "tcp-443-ip"
      protocols        = ["TCP"]
      source_addresses = var.source_addresses
      destination_addresses = [
        "102.133.127.180/30",
        "102.133.254.208/30",
        "102.37.64.168/29",
        "102.37.72.192/30",
        "104.208.151.0/31",
        "104.208.16.88/29",
        "104.211.81.232/29",
        "104.46.162.224/27",
        "13.67.15.200/29",
        "13.69.109.130/31",
        "13.69.116.104/29",
        "13.69.239.68/31",
        "13.69.239.72/29",
        "13.70.79.200/29",
        "13.70.79.66/31",
        "13.71.177.232/29",
        "13.78.111.198/31",
        "13.89.178.26/31",
        "13.89.179.8/29",
        "131.145.150.56/29",
        "131.145.151.0/28",
        "131.163.106.88/29",
        "135.13.170.200/29",
        "135.13.54.96/29",
        "135.149.219.64/28",
        "135.171.142.40/29",
        "135.220.127.96/27",
        "145.191.81.224/28",
        "158.23.115.32/28",
        "172.192.87.160/28",
        "172.209.226.120/29",
        "172.209.97.136/29",
        "191.234.150.100/30",
        "191.234.157.176/30",
        "20.111.117.64/27",
        "20.151.32.144/29",
        "20.184.175.0/27",
        "20.184.175.32/28",
        "20.189.173.0/27",
        "20.192.102.96/29",
        "20.192.184.192/28",
        "20.194.129.96/29",
        "20.194.68.152/29",
        "20.195.152.132/30",
        "20.205.192.88/29",
        "20.208.21.164/30",
        "20.217.13.96/28",
        "20.36.144.168/29",
        "20.38.157.144/30",
        "20.42.65.84/31",
        "20.42.65.88/29",
        "20.42.72.130/31",
        "20.42.73.24/29",
        "20.44.10.122/31",
        "20.44.31.40/29",
        "20.50.201.194/31",
        "20.50.201.200/29",
        "20.50.73.4/31",
        "20.50.73.8/29",
        "20.50.80.208/29",
        "20.52.64.200/29",
        "20.52.72.112/28",
        "20.89.1.8/29",
        "23.98.113.80/29",
        "4.150.223.192/28",
        "4.150.223.96/27",
        "4.150.76.184/29",
        "4.201.208.192/29",
        "4.207.44.64/27",
        "4.207.44.96/28",
        "4.220.214.144/29",
        "4.226.190.232/29",
        "4.232.44.176/28",
        "4.239.71.208/28",
        "4.243.137.72/29",
        "40.120.64.208/30",
        "40.120.77.180/30",
        "40.120.9.64/29",
        "40.69.111.208/28",
        "40.70.151.192/31",
        "40.70.151.72/29",
        "40.74.98.192/27",
        "40.79.141.152/29",
        "40.79.150.120/29",
        "40.79.163.154/31",
        "40.79.167.8/29",
        "40.79.171.226/31",
        "40.79.173.40/29",
        "40.79.189.58/31",
        "40.79.191.208/29",
        "40.79.197.34/31",
        "40.80.54.40/29",
        "48.215.163.224/28",
        "48.220.57.160/27",
        "51.103.205.164/30",
        "51.104.15.240/29",
        "51.104.15.252/31",
        "51.105.71.128/29",
        "51.105.71.136/31",
        "51.107.129.108/30",
        "51.107.193.8/29",
        "51.11.192.48/29",
        "51.116.246.104/29",
        "51.116.253.168/29",
        "51.120.110.208/30",
        "51.120.214.152/30",
        "51.13.1.20/30",
        "51.13.128.88/29",
        "51.132.193.104/29",
        "51.132.193.112/31",
        "51.138.160.192/28",
        "51.56.101.160/28",
        "52.138.229.66/31",
        "52.167.109.66/31",
        "52.167.111.136/29",
        "52.168.112.66/31",
        "52.168.117.168/29",
        "52.178.17.2/31",
        "52.178.17.232/29",
        "52.182.141.62/31",
        "52.182.143.208/29",
        "52.231.151.192/28",
        "52.231.23.200/29",
        "52.246.158.168/29",
        "68.221.43.80/28",
        "72.155.106.248/29",
        "74.161.174.168/29",
        "74.162.216.144/29",
        "74.243.168.0/29",
      ]
      destination_ports = ["443"]
    }

    rule {
      name             = "tcp-443-tag"
      protocols        = ["TCP"]
      source_addresses = var.source_addresses
      destination_addresses = [
        "MicrosoftDefenderForEndpoint",
      ]
      destination_ports = ["443"]
    }
  }

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
        "*.delivery.mp.microsoft.com",
        "*.dm.microsoft.com",
        "*.download.microsoft.com",
        "*.endpoint.security.microsoft.com",
        "*.smartscreen-prod.microsoft.com",
        "*.smartscreen.microsoft.com",
        "*.update.microsoft.com",
        "*.wd.microsoft.com",
        "*.wdcp.microsoft.com",
        "*.windowsupdate.com",
        "automatedirstrprdcus.blob.core.windows.net",
        "automatedirstrprdcus3.blob.core.windows.net",
        "automatedirstrprdeus.blob.core.windows.net",
        "automatedirstrprdeus3.blob.core.windows.net",
        "definitionupdates.microsoft.com",
        "go.microsoft.com",
        "officecdn-microsoft-com.akamaized.net",
        "us-v20.events.data.microsoft.com",
        "ussus1eastprod.blob.core.windows.net",
        "ussus1westprod.blob.core.windows.net",
        "ussus2eastprod.blob.core.windows.net",
        "ussus2westprod.blob.core.windows.net",
        "ussus3eastprod.blob.core.windows.net",
        "ussus3westprod.blob.core.windows.net",
        "ussus4eastprod.blob.core.windows.net",
        "ussus4westprod.blob.core.windows.net",
        "wsus1eastprod.blob.core.windows.net",
        "wsus1westprod.blob.core.windows.net",
        "wsus2eastprod.blob.core.windows.net",
        "wsus2westprod.blob.core.windows.net",
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
