// Firewall of the hub
targetScope = 'resourceGroup'

@description('Where everything goes')
param location string = resourceGroup().location

@description('Hosts that the partner team maintains')
param partnerHosts array

param branches array = [
  '10.0.0.0/8'
]

var notes = '''
Opened for Defender,
see the ticket.
'''
var updateHosts = [
  '*.update.microsoft.com'
]

module network './network.bicep' = {
  name: 'network'
  params: {
    location: location
  }
}

resource policy 'Microsoft.Network/firewallPolicies@2023-11-01' existing = {
  name: 'contoso-hub'

  resource defender 'ruleCollectionGroups@2023-11-01' = {
    name: 'defender'
    properties: {
      priority: 300
      ruleCollections: [
        {
          ruleCollectionType: 'FirewallPolicyFilterRuleCollection'
          name: 'defender'
          priority: 100
          action: { type: 'Allow' }
          rules: [
            {
              ruleType: 'ApplicationRule'
              name: 'hosts'
              protocols: [ { protocolType: 'Https', port: 443 } ]
              sourceAddresses: branches
              targetFqdns: [
                'events.data.microsoft.com'
                '*.wd.microsoft.com'
                'login.live.com'
                '*.microsoft.example.com' // left over from the test
              ]
            }
            {
              ruleType: 'ApplicationRule'
              name: 'updates'
              protocols: [
                { protocolType: 'Http', port: 80 }
                { protocolType: 'Https', port: 443 }
              ]
              sourceAddresses: branches
              targetFqdns: updateHosts
            }
            {
              ruleType: 'ApplicationRule'
              name: 'partners'
              protocols: [ { protocolType: 'Https', port: 443 } ]
              sourceAddresses: branches
              targetFqdns: partnerHosts
            }
          ]
        }
      ]
    }
  }
}

output id string = policy.id
