#!powershell

# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

#AnsibleRequires -CSharpUtil Ansible.Basic
#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._ImageMarker

Set-StrictMode -Version 3.0

$spec = @{
    options = @{
        checksum = @{ type = 'str' }
        date = @{ type = 'str' }
        job = @{ type = 'str' }
        kind = @{ type = 'str'; required = $true; choices = 'image', 'run' }
        name = @{ type = 'str' }
        room = @{ type = 'str' }
        state = @{ type = 'str'; choices = 'present', 'absent'; default = 'present' }
        version = @{ type = 'str' }
    }
    supports_check_mode = $true
}
$module = [Ansible.Basic.AnsibleModule]::Create($args, $spec)

$kind = $module.Params.kind
$present = $module.Params.state -eq 'present'
$path = Get-ImageMarkerPath -Kind $kind
$torn = $false
$before = $null
try {
    $before = Read-ImageMarker -Kind $kind
}
catch {
    $torn = $true
}

$after = $null
if ($present) {
    $after = @{}
    foreach ($name in (Get-ImageMarkerField -Kind $kind)) {
        if ($name -ne 'written') {
            $given = $module.Params[$name]
            if (-not $given) {
                $module.FailJson("${name}: it is missing; a marker of kind $kind has it")
            }
            $after[$name] = $given
        }
    }
    if ($kind -eq 'image') {
        if ($after['checksum'] -notmatch '^[0-9A-Fa-f]{64}$') {
            $module.FailJson("checksum: '$($after['checksum'])' is not a SHA-256; write its 64 hexadecimal digits")
        }
        $after['checksum'] = $after['checksum'].ToLowerInvariant()
        try {
            $after['date'] = Format-Instant -Value (ConvertTo-Instant -Text $after['date'])
        }
        catch {
            $module.FailJson("date: $($_.Exception.Message)")
        }
    }
    else {
        $after['written'] = Format-Instant -Value (Get-DeviceTime)
    }
}

$same = $present -eq ($null -ne $before)
if ($same -and $present) {
    foreach ($name in @($after.Keys)) {
        if ($name -ne 'written' -and $after[$name] -cne $before[$name]) {
            $same = $false
        }
    }
}
if ($same -and -not $torn) {
    $after = $before
}
elseif (-not $module.CheckMode) {
    if ($present) {
        Initialize-DataFolder
        Write-JsonFile -Path $path -Value $after
    }
    else {
        [System.IO.File]::Delete($path)
    }
}

$shown = @{ before = @{}; after = @{} }
if ($null -ne $before) {
    $shown['before'] = $before
}
if ($null -ne $after) {
    $shown['after'] = $after
}
$module.Diff['before'] = $shown['before']
$module.Diff['after'] = $shown['after']
$module.Result.changed = $torn -or -not $same
$module.Result.path = $path
$module.Result.marker = $after
$module.ExitJson()
