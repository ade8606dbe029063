# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
#
# Runs one contract case against the real modules on the fakes and prints {"results": [...], "truth": {...}} as JSON.
# For PowerShell 7, on any system.
param(
    [Parameter(Mandatory)] [string] $Case,
    [Parameter(Mandatory)] [string] $Repository,
    [Parameter(Mandatory)] [string] $Folder
)

$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition ([System.IO.File]::ReadAllText("$PSScriptRoot/FakeModule.cs"))
foreach ($file in [System.IO.Directory]::GetFiles("$Repository/plugins/module_utils", '_*.psm1')) {
    . ([scriptblock]::Create([System.IO.File]::ReadAllText($file)))
}
. "$PSScriptRoot/Fakes.ps1"

$wanted = Read-JsonFile -Path $Case
if ($null -eq $wanted) {
    throw "$Case cannot be read"
}
Initialize-World -Device $wanted['device'] -Folder $Folder
$steps = @($wanted)
if ($wanted.Contains('steps')) {
    $steps = @($wanted['steps'])
}
$results = @(
    foreach ($step in $steps) {
        if ($step.Contains('change')) { Edit-World -Change $step['change'] }
        if ($step.Contains('advance_seconds')) { Move-World -To $script:World.Clock.AddSeconds($step['advance_seconds']) }
        if ($step['settle']) { Move-World -To $null }
        if ($step.Contains('power_loss_after_seconds')) { Stop-World -Seconds $step['power_loss_after_seconds'] }
        if ($step.Contains('module')) {
            [Ansible.Basic.AnsibleModule]::Arguments = @{}
            if ($step.Contains('arguments')) { [Ansible.Basic.AnsibleModule]::Arguments = $step['arguments'] }
            [Ansible.Basic.AnsibleModule]::Check = [bool]$step['check_mode']
            $text = [System.IO.File]::ReadAllText("$Repository/plugins/modules/$($step['module']).ps1")
            try {
                [void](& ([scriptblock]::Create($text)))
                throw "$($step['module']) came to its end without ExitJson"
            }
            catch {
                $end = $_.Exception
                while ($null -ne $end.InnerException -and $end -isnot [Ansible.Basic.ModuleEnd]) { $end = $end.InnerException }
                if ($end -isnot [Ansible.Basic.ModuleEnd]) {
                    @{ failed = $true; msg = "$($_.Exception.Message)"; where = "$($_.ScriptStackTrace)" }
                }
                else {
                    [Ansible.Basic.AnsibleModule]::Last.Result
                }
            }
        }
        else {
            @{}
        }
    }
)
ConvertTo-Json -Depth 30 -Compress -InputObject @{ results = $results; truth = Get-Truth }
