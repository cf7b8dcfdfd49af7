// Defender for Endpoint on Azure Firewall: rule collection group.
// Profile: northwind-streamlined
// Source:  list.xlsx
// Source:  service-tags.json
// Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
// WIDER: https://www.microsoft.com:443/security/encyclopedia/adlpackages.aspx (path)
// OMITTED: https://[2603:1000:104:3::580/122]:443 (family)
// OMITTED: https://[2603:1000:4:2::780/122]:443 (family)
// OMITTED: https://[2603:1010:101:2::500/122]:443 (family)
// OMITTED: https://[2603:1010:304:5::5c0/122]:443 (family)
// OMITTED: https://[2603:1010:404:5::780/122]:443 (family)
// OMITTED: https://[2603:1010:6:4::480/122]:443 (family)
// OMITTED: https://[2603:1020:1004:3::740/122]:443 (family)
// OMITTED: https://[2603:1020:1104:2::700/122]:443 (family)
// OMITTED: https://[2603:1020:1204:3::440/122]:443 (family)
// OMITTED: https://[2603:1020:1302:3::c0/122]:443 (family)
// OMITTED: https://[2603:1020:1403:3::480/122]:443 (family)
// OMITTED: https://[2603:1020:206:b::3c0/122]:443 (family)
// OMITTED: https://[2603:1020:5:9::2c0/122]:443 (family)
// OMITTED: https://[2603:1020:605:3::2c0/122]:443 (family)
// OMITTED: https://[2603:1020:705:3::4c0/122]:443 (family)
// OMITTED: https://[2603:1020:805:3::300/122]:443 (family)
// OMITTED: https://[2603:1020:905:2::680/122]:443 (family)
// OMITTED: https://[2603:1020:a04:3::780/122]:443 (family)
// OMITTED: https://[2603:1020:b04:2::7c0/122]:443 (family)
// and 42 more differences: see `losses` in manifest.json
//
// Give the group a lower priority number than every group that inspects TLS or denies; a parent policy wins.
// No rule here inspects TLS. Network rules are looked at before all application rules.
// One group of a policy can be updated at a time: deploy several files one after the other.
// A group that is no longer among the files stays in the policy until it is deleted there.
// az deployment group create --resource-group RG --template-file THIS --parameters firewallPolicyName=NAME
param firewallPolicyName string
param sourceAddresses array = [
  '10.0.0.0/8'
]

resource policy 'Microsoft.Network/firewallPolicies@2024-05-01' existing = {
  name: firewallPolicyName
}

resource group 'Microsoft.Network/firewallPolicies/ruleCollectionGroups@2024-05-01' = {
  parent: policy
  name: 'mde-allow'
  properties: {
    priority: 500
    ruleCollections: [
      {
        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
        name: 'mde-allow-net'
        priority: 200
        action: {
          type: 'Allow'
        }
        rules: [
          {
            ruleType: 'NetworkRule'
            name: 'tcp-443-ip'
            ipProtocols: [
              'TCP'
            ]
            sourceAddresses: sourceAddresses
            destinationAddresses: [
              '102.133.127.180/30'
              '102.133.254.208/30'
              '102.37.64.168/29'
              '102.37.72.192/30'
              '104.208.151.0/31'
              '104.208.16.88/29'
              '104.211.81.232/29'
              '104.46.162.224/27'
              '13.67.15.200/29'
              '13.69.109.130/31'
              '13.69.116.104/29'
              '13.69.239.68/31'
              '13.69.239.72/29'
              '13.70.79.200/29'
              '13.70.79.66/31'
              '13.71.177.232/29'
              '13.78.111.198/31'
              '13.89.178.26/31'
              '13.89.179.8/29'
              '131.145.150.56/29'
              '131.145.151.0/28'
              '131.163.106.88/29'
              '135.13.170.200/29'
              '135.13.54.96/29'
              '135.149.219.64/28'
              '135.171.142.40/29'
              '135.220.127.96/27'
              '145.191.81.224/28'
              '158.23.115.32/28'
              '172.192.87.160/28'
              '172.209.226.120/29'
              '172.209.97.136/29'
              '191.234.150.100/30'
              '191.234.157.176/30'
              '20.111.117.64/27'
              '20.151.32.144/29'
              '20.184.175.0/27'
              '20.184.175.32/28'
              '20.189.173.0/27'
              '20.192.102.96/29'
              '20.192.184.192/28'
              '20.194.129.96/29'
              '20.194.68.152/29'
              '20.195.152.132/30'
              '20.205.192.88/29'
              '20.208.21.164/30'
              '20.217.13.96/28'
              '20.36.144.168/29'
              '20.38.157.144/30'
              '20.42.65.84/31'
              '20.42.65.88/29'
              '20.42.72.130/31'
              '20.42.73.24/29'
              '20.44.10.122/31'
              '20.44.31.40/29'
              '20.50.201.194/31'
              '20.50.201.200/29'
              '20.50.73.4/31'
              '20.50.73.8/29'
              '20.50.80.208/29'
              '20.52.64.200/29'
              '20.52.72.112/28'
              '20.89.1.8/29'
              '23.98.113.80/29'
              '4.150.223.192/28'
              '4.150.223.96/27'
              '4.150.76.184/29'
              '4.201.208.192/29'
              '4.207.44.64/27'
              '4.207.44.96/28'
              '4.220.214.144/29'
              '4.226.190.232/29'
              '4.232.44.176/28'
              '4.239.71.208/28'
              '4.243.137.72/29'
              '40.120.64.208/30'
              '40.120.77.180/30'
              '40.120.9.64/29'
              '40.69.111.208/28'
              '40.70.151.192/31'
              '40.70.151.72/29'
              '40.74.98.192/27'
              '40.79.141.152/29'
              '40.79.150.120/29'
              '40.79.163.154/31'
              '40.79.167.8/29'
              '40.79.171.226/31'
              '40.79.173.40/29'
              '40.79.189.58/31'
              '40.79.191.208/29'
              '40.79.197.34/31'
              '40.80.54.40/29'
              '48.215.163.224/28'
              '48.220.57.160/27'
              '51.103.205.164/30'
              '51.104.15.240/29'
              '51.104.15.252/31'
              '51.105.71.128/29'
              '51.105.71.136/31'
              '51.107.129.108/30'
              '51.107.193.8/29'
              '51.11.192.48/29'
              '51.116.246.104/29'
              '51.116.253.168/29'
              '51.120.110.208/30'
              '51.120.214.152/30'
              '51.13.1.20/30'
              '51.13.128.88/29'
              '51.132.193.104/29'
              '51.132.193.112/31'
              '51.138.160.192/28'
              '51.56.101.160/28'
              '52.138.229.66/31'
              '52.167.109.66/31'
              '52.167.111.136/29'
              '52.168.112.66/31'
              '52.168.117.168/29'
              '52.178.17.2/31'
              '52.178.17.232/29'
              '52.182.141.62/31'
              '52.182.143.208/29'
              '52.231.151.192/28'
              '52.231.23.200/29'
              '52.246.158.168/29'
              '68.221.43.80/28'
              '72.155.106.248/29'
              '74.161.174.168/29'
              '74.162.216.144/29'
              '74.243.168.0/29'
            ]
            destinationPorts: [
              '443'
            ]
          }
          {
            ruleType: 'NetworkRule'
            name: 'tcp-443-tag'
            ipProtocols: [
              'TCP'
            ]
            sourceAddresses: sourceAddresses
            destinationAddresses: [
              'MicrosoftDefenderForEndpoint'
            ]
            destinationPorts: [
              '443'
            ]
          }

        ]
      }
      {
        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
        name: 'mde-allow-no-tls-inspection'
        priority: 1000
        action: {
          type: 'Allow'
        }
        rules: [
          {
            ruleType: 'ApplicationRule'
            name: 'http-80-fqdn'
            protocols: [
              {
                protocolType: 'Http'
                port: 80
              }
            ]
            sourceAddresses: sourceAddresses
            targetFqdns: [
              'crl.microsoft.com'
              'ctldl.windowsupdate.com'
            ]
            terminateTLS: false
          }
          {
            ruleType: 'ApplicationRule'
            name: 'https-443-fqdn'
            protocols: [
              {
                protocolType: 'Https'
                port: 443
              }
            ]
            sourceAddresses: sourceAddresses
            targetFqdns: [
              '*.delivery.mp.microsoft.com'
              '*.dm.microsoft.com'
              '*.download.microsoft.com'
              '*.endpoint.security.microsoft.com'
              '*.smartscreen-prod.microsoft.com'
              '*.smartscreen.microsoft.com'
              '*.update.microsoft.com'
              '*.wd.microsoft.com'
              '*.wdcp.microsoft.com'
              '*.windowsupdate.com'
              'automatedirstrprdcus.blob.core.windows.net'
              'automatedirstrprdcus3.blob.core.windows.net'
              'automatedirstrprdeus.blob.core.windows.net'
              'automatedirstrprdeus3.blob.core.windows.net'
              'definitionupdates.microsoft.com'
              'go.microsoft.com'
              'officecdn-microsoft-com.akamaized.net'
              'us-v20.events.data.microsoft.com'
              'ussus1eastprod.blob.core.windows.net'
              'ussus1westprod.blob.core.windows.net'
              'ussus2eastprod.blob.core.windows.net'
              'ussus2westprod.blob.core.windows.net'
              'ussus3eastprod.blob.core.windows.net'
              'ussus3westprod.blob.core.windows.net'
              'ussus4eastprod.blob.core.windows.net'
              'ussus4westprod.blob.core.windows.net'
              'wsus1eastprod.blob.core.windows.net'
              'wsus1westprod.blob.core.windows.net'
              'wsus2eastprod.blob.core.windows.net'
              'wsus2westprod.blob.core.windows.net'
              'www.microsoft.com'
            ]
            terminateTLS: false
          }

        ]
      }
      {
        ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
        name: 'mde-allow-url'
        priority: 1100
        action: {
          type: 'Allow'
        }
        rules: [
          {
            ruleType: 'ApplicationRule'
            name: 'http-80-url'
            protocols: [
              {
                protocolType: 'Http'
                port: 80
              }
            ]
            sourceAddresses: sourceAddresses
            targetUrls: [
              'www.microsoft.com/pki/*'
              'www.microsoft.com/pkiops/*'
            ]
            terminateTLS: false
          }

        ]
      }
    ]
  }
}
