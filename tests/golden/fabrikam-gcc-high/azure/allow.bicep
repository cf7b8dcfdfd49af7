// Defender for Endpoint on Azure Firewall: rule collection group.
// Profile: fabrikam-gcc-high
// Source:  list.xlsx
// Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
// WIDER: http://crl.microsoft.com:80/pki/crl/* (path)
// WIDER: http://www.microsoft.com:80/pki/certs (path)
// WIDER: http://www.microsoft.com:80/pkiops/* (path)
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
              'www.microsoft.com'
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
              '*.agentsvc.azure-automation.us'
              '*.blob.core.usgovcloudapi.net'
              '*.delivery.mp.microsoft.com'
              '*.download.microsoft.com'
              '*.endpoint.security.microsoft.com'
              '*.microsoftonline-p.com'
              '*.ods.opinsights.azure.us'
              '*.oms.opinsights.azure.us'
              '*.securitycenter.microsoft.us'
              '*.update.microsoft.com'
              '*.windowsupdate.com'
              '*.wns.windows.com'
              'cdn.x.cp.wd.microsoft.com'
              'crl.microsoft.com'
              'events.data.microsoft.com'
              'login.live.com'
              'login.microsoftonline.com'
              'login.microsoftonline.us'
              'officecdn-microsoft-com.akamaized.net'
              'static2.sharepointonline.com'
              'unitedstates1.cp.wd.microsoft.us'
              'unitedstates1.ss.wd.microsoft.us'
              'unitedstates1.x.cp.wd.microsoft.us'
              'us4-v20.events.data.microsoft.com'
              'winatp-gw-usgt.microsoft.com'
            ]
            terminateTLS: false
          }

        ]
      }
    ]
  }
}
