// Defender for Endpoint on Azure Firewall: rule collection group.
// Profile: contoso-eu
// Source:  list.xlsx
// Made by: allowlistc 0.1.0. Do not edit: change the profile and build again.
// WIDER: https://*.ecs.office.com:443/config/v1/MicrosoftWindowsDefenderClient (path)
// WIDER: https://www.microsoft.com:443/security/encyclopedia/adlpackages.aspx (path)
// OMITTED: https://*.blob.core.windows.net:443/networkscannerstable/* (shared-suffix)
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
              '*.checkappexec.microsoft.com'
              '*.delivery.mp.microsoft.com'
              '*.download.microsoft.com'
              '*.ecs.office.com'
              '*.events.data.microsoft.com'
              '*.security.microsoft.com'
              '*.smartscreen-prod.microsoft.com'
              '*.smartscreen.microsoft.com'
              '*.update.microsoft.com'
              '*.urs.microsoft.com'
              '*.wd.microsoft.com'
              '*.wdcp.microsoft.com'
              '*.windowsupdate.com'
              '*.wns.windows.com'
              '11111111-2222-3333-4444-555555555555.agentsvc.azure-automation.net'
              '11111111-2222-3333-4444-555555555555.ods.opinsights.azure.com'
              '11111111-2222-3333-4444-555555555555.oms.opinsights.azure.com'
              'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.agentsvc.azure-automation.net'
              'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.ods.opinsights.azure.com'
              'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee.oms.opinsights.azure.com'
              'automatedirstrprdneu.blob.core.windows.net'
              'automatedirstrprdneu3.blob.core.windows.net'
              'automatedirstrprduks.blob.core.windows.net'
              'automatedirstrprdukw.blob.core.windows.net'
              'automatedirstrprdweu.blob.core.windows.net'
              'automatedirstrprdweu3.blob.core.windows.net'
              'definitionupdates.microsoft.com'
              'enterpriseregistration.windows.net'
              'eu.vortex-win.data.microsoft.com'
              'events.data.microsoft.com'
              'go.microsoft.com'
              'login.live.com'
              'login.microsoftonline.com'
              'login.windows.net'
              'officecdn-microsoft-com.akamaized.net'
              'packages.microsoft.com'
              'scadvisorcontent.blob.core.windows.net'
              'settings-win.data.microsoft.com'
              'uk.vortex-win.data.microsoft.com'
              'usseu1northprod.blob.core.windows.net'
              'usseu1westprod.blob.core.windows.net'
              'ussuk1southprod.blob.core.windows.net'
              'ussuk1westprod.blob.core.windows.net'
              'vortex-win.data.microsoft.com'
              'winatp-gw-neu.microsoft.com'
              'winatp-gw-neu3.microsoft.com'
              'winatp-gw-uks.microsoft.com'
              'winatp-gw-ukw.microsoft.com'
              'winatp-gw-weu.microsoft.com'
              'winatp-gw-weu3.microsoft.com'
              'wseu1northprod.blob.core.windows.net'
              'wseu1westprod.blob.core.windows.net'
              'wsuk1southprod.blob.core.windows.net'
              'wsuk1westprod.blob.core.windows.net'
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
