# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# How a job on a device is claimed, started and waited for.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobRecord
#AnsibleRequires -PowerShell ..module_utils._JobRunner
#AnsibleRequires -PowerShell ..module_utils._JobTask
#AnsibleRequires -PowerShell ..module_utils._UpdateResult

Set-StrictMode -Version 3.0

function Get-FunctionSource {
    # The whole text of the file in which a function was written. Ansible keeps no file of a module_util on the device, in
    # any version; but a function's syntax tree always knows the script that it was parsed from.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Name)

    (Get-Command -Name $Name -CommandType Function).ScriptBlock.Ast.Extent.StartScriptPosition.GetFullScript()
}

function Get-JobScript {
    # The text that the task runs: the files that such a job needs, one after the other, and the call. One function of each file;
    # the module that starts the job has asked for them all.
    [CmdletBinding()]
    [OutputType([string])]
    param([Parameter(Mandatory)] [string] $Kind)

    $named = @(
        'Read-JsonFile', 'Resolve-UpdateError', 'Get-UpdateSession', 'ConvertTo-UpdateRecord', 'Remove-JobTask', 'Write-JobLog'
        'Invoke-DeviceJob', 'Get-UpdateResult', 'Invoke-VendorProcess', 'Get-WingetPackage', 'Get-ChocolateyPackage'
        'Find-VendorUpdate'
    )
    if ($Kind -eq 'scan') {
        $named += @('Invoke-SearchJob')
        $work = 'Invoke-SearchJob -Path $JobPath -Spec $Spec'
    }
    else {
        $named += @('Invoke-ChangeJob')
        $work = 'Invoke-ChangeJob -Path $JobPath -Spec $Spec -Progress $Progress'
    }
    $parts = New-Object -TypeName System.Collections.ArrayList
    [void]$parts.Add('param([string] $JobPath)')
    [void]$parts.Add('$ErrorActionPreference = ''Stop''')
    foreach ($name in $named) {
        [void]$parts.Add((Get-FunctionSource -Name $name))
    }
    [void]$parts.Add("Invoke-DeviceJob -Path `$JobPath -Work { param(`$Spec, `$Progress) $work }")
    $parts -join "`r`n"
}

function Start-DeviceJob {
    # Claims a job and starts its task; $false when that id exists already. The folder is made under a temporary name and
    # moved to its own: Directory.Move fails where the target exists, so that move is the claim, and a folder with a job's
    # name always has its whole spec. Call it with the lock held. Nothing is left behind when the task cannot be started.
    [CmdletBinding()]
    [OutputType([bool])]
    param([Parameter(Mandatory)] [System.Collections.IDictionary] $Spec)

    $path = Get-JobFolder -Id $Spec['id']
    foreach ($left in [System.IO.Directory]::GetDirectories((Get-JobFolder))) {
        if (-not (Test-JobIdentifier -Id ([System.IO.Path]::GetFileName($left)))) {
            [System.IO.Directory]::Delete($left, $true)  # what a module that was cut off left behind
        }
    }
    $draft = Get-JobFolder -Id ('draft.{0}' -f [guid]::NewGuid().ToString('N'))
    [void][System.IO.Directory]::CreateDirectory($draft)
    Write-JsonFile -Path ([System.IO.Path]::Combine($draft, 'spec.json')) -Value $Spec
    Write-DeviceFile -Path ([System.IO.Path]::Combine($draft, 'job.ps1')) -Text (Get-JobScript -Kind $Spec['kind'])
    try {
        [System.IO.Directory]::Move($draft, $path)
    }
    catch {
        [System.IO.Directory]::Delete($draft, $true)
        if ([System.IO.Directory]::Exists($path)) {
            return $false
        }
        throw
    }
    $limit = 'PT12H'
    if ($Spec['kind'] -eq 'scan') {
        $limit = 'PT2H'
    }
    try {
        Start-JobTask -Id $Spec['id'] -Path $path -TimeLimit $limit
    }
    catch {
        $problem = $_.Exception.Message
        Remove-DeviceJob -Id $Spec['id']
        throw "The scheduled task of job $($Spec['id']) could not be started: $problem"
    }
    $true
}

function Wait-Moment {
    # Lets some seconds pass.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [int] $Seconds)

    Start-Sleep -Seconds $Seconds
}

function Wait-DeviceJob {
    # Waits until a job has ended, at most so many seconds.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [int] $Seconds
    )

    $until = (Get-DeviceTime).AddSeconds($Seconds)
    while ((Get-DeviceTime) -lt $until) {
        if ((Get-JobRecord -Id $Id)['state'] -ne 'running') {
            return
        }
        Wait-Moment -Seconds 2
    }
}
