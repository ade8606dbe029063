# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# The inside of a device job: what SYSTEM runs from the job's folder. It reads spec.json, does the job's work
# (_SearchJob or _ChangeJob), and ends with result.json.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._JobProgress
#AnsibleRequires -PowerShell ..module_utils._JobTask

Set-StrictMode -Version 3.0

function Set-StayAwake {
    # Keeps the device from falling asleep while the calling thread lives: ES_CONTINUOUS and ES_SYSTEM_REQUIRED.
    [CmdletBinding()]
    param()

    $type = Add-Type -PassThru -Namespace Nightshift -Name ExecutionState -MemberDefinition @'
[DllImport("kernel32.dll")]
public static extern uint SetThreadExecutionState(uint flags);
'@
    [void]$type::SetThreadExecutionState([uint32]2147483649)
}

function Invoke-DeviceJob {
    # The whole life of a job inside its task. $Path is the job's folder; $Work, called with spec and progress, does the work.
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [Parameter(Mandatory)] [scriptblock] $Work
    )

    $spec = Read-JsonFile -Path ([System.IO.Path]::Combine($Path, 'spec.json'))
    if ($null -eq $spec) {
        throw "$Path\spec.json is missing or cut off"
    }
    $progress = @{
        total = @($spec['updates']).Count; current = ''; current_title = ''; current_started_at = $null
        results = New-Object -TypeName System.Collections.ArrayList
    }
    $state = 'finished'
    $problem = ''
    Write-JobLog -Path $Path -Text "job $($spec['id']) $($spec['kind']) begins"
    try {
        Set-StayAwake
    }
    catch {
        Write-JobLog -Path $Path -Text "the device may fall asleep during the job: $_"
    }
    try {
        & $Work $spec $progress
    }
    catch {
        $state = 'failed'
        $problem = "$($_.Exception.Message)"
        Write-JobLog -Path $Path -Text "job failed: $problem"
    }
    Write-JsonFile -Path ([System.IO.Path]::Combine($Path, 'result.json')) -Value @{
        id = $spec['id']
        state = $state
        error = $problem
        finished_at = Format-Instant -Value (Get-DeviceTime)
        results = $progress['results'].ToArray()
    }
    Write-JobLog -Path $Path -Text "job $($spec['id']) $state"
    Remove-JobTask -Id $spec['id']
}
