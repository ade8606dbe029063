#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DeviceReport

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        acknowledge = @{ type = 'list'; elements = 'str' }
        installed = @{ type = 'bool'; default = $true }
        known_scan = @{ type = 'str' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$settled = Remove-AcknowledgedJob -Id $module.Params.acknowledge -CheckMode $module.CheckMode
$told = Get-DeviceReport -KnownScan "$($module.Params.known_scan)" -Installed $module.Params.installed
foreach ($warning in @($settled['warnings']) + @($told['warnings'])) {
    $module.Warn($warning)
}
foreach ($name in @($told['record'].Keys)) {
    $module.Result[$name] = $told['record'][$name]
}
$module.Result.changed = $settled['removed']
$module.ExitJson()
