# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Scheduling our restart and calling it off; those of others are never touched. shutdown.exe has the last word: its exit code
# 1190 means that somebody else's is there already.

#AnsibleRequires -PowerShell ..module_utils._DataFolder
#AnsibleRequires -PowerShell ..module_utils._DeviceFile
#AnsibleRequires -PowerShell ..module_utils._ScheduledRestart

Set-StrictMode -Version 3.0

function Invoke-ShutdownCommand {
    # Runs shutdown.exe and gives its exit code. Text goes in as one argument; quotes cannot.
    [CmdletBinding()]
    [OutputType([int])]
    param([Parameter(Mandatory)] [string[]] $ArgumentList)

    $command = [System.IO.Path]::Combine([System.Environment]::SystemDirectory, 'shutdown.exe')
    $before = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'  # what it writes to stderr is no error of ours; the exit code is what counts
    try {
        [void](& $command $ArgumentList 2>&1)
    }
    finally {
        $ErrorActionPreference = $before
    }
    $LASTEXITCODE
}

function Start-ScheduledRestart {
    # Schedules our restart: 0 done, 1190 somebody else's is scheduled, 1115 the device is shutting down already; anything
    # else is an error of shutdown.exe. The marker is written first: a restart without a marker would look foreign.
    [CmdletBinding()]
    [OutputType([int])]
    param(
        [Parameter(Mandatory)] [int] $Countdown,
        [Parameter(Mandatory)] [string] $Message,
        [Parameter(Mandatory)] [string] $BootTime
    )

    Initialize-DataFolder
    $now = Get-DeviceTime
    Write-JsonFile -Path (Get-MarkerPath) -Value @{
        asked_at = Format-Instant -Value $now
        scheduled_at = Format-Instant -Value $now.AddSeconds($Countdown)
        boot_time = $BootTime
        message = $Message
        cancelled = $false
    }
    # p:2:17 is "Operating System: Hot fix (Planned)".
    $code = Invoke-ShutdownCommand -ArgumentList @('/r', '/t', "$Countdown", '/d', 'p:2:17', '/c', $Message.Replace('"', "'"))
    if ($code -ne 0) {
        [System.IO.File]::Delete((Get-MarkerPath))
    }
    $code
}

function Stop-ScheduledRestart {
    # Calls off our restart. Call it only when Get-ScheduledRestart said that it is ours. 1116: there was none any more.
    [CmdletBinding()]
    [OutputType([int])]
    param()

    $code = Invoke-ShutdownCommand -ArgumentList @('/a')
    if ($code -eq 0 -or $code -eq 1116) {
        # The marker stays: it tells that the 1074 in the log was ours, before the 1075 has come in.
        $marker = Read-JsonFile -Path (Get-MarkerPath)
        $marker['cancelled'] = $true
        Write-JsonFile -Path (Get-MarkerPath) -Value $marker
    }
    $code
}
