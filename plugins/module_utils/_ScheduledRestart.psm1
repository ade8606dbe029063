# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Which restart is scheduled on the device: ours, which has a marker file, or somebody else's.
#
# Windows has no call that says whether a shutdown is scheduled. What says it without a side effect is the System log: User32
# writes 1074 when one is scheduled and 1075 when it is called off.

#AnsibleRequires -PowerShell ..module_utils._DeviceFile

Set-StrictMode -Version 3.0

function Get-ShutdownEvent {
    # The events 1074 and 1075 since an instant, oldest first: objects with Id and TimeCreated. Since the last start from fast
    # startup (Kernel-Boot 27), too: such a start does not change the boot time.
    [CmdletBinding()]
    param([Parameter(Mandatory)] [datetime] $Since)

    $from = $Since.ToUniversalTime().ToString("yyyy-MM-dd'T'HH':'mm':'ss.fff'Z'", [System.Globalization.CultureInfo]::InvariantCulture)
    $query = @"
<QueryList>
  <Query Id="0" Path="System">
    <Select Path="System">*[System[Provider[@Name='User32' or @Name='USER32'] and (EventID=1074 or EventID=1075) and TimeCreated[@SystemTime&gt;='$from']]]</Select>
    <Select Path="System">*[System[Provider[@Name='Microsoft-Windows-Kernel-Boot'] and EventID=27 and TimeCreated[@SystemTime&gt;='$from']]]</Select>
  </Query>
</QueryList>
"@
    $events = @(Get-WinEvent -FilterXml $query -MaxEvents 50 -ErrorAction SilentlyContinue)
    [array]::Reverse($events)
    $since27 = @()
    foreach ($entry in $events) {
        if ($entry.Id -eq 27) {
            $since27 = @()
        }
        else {
            $since27 += $entry
        }
    }
    $since27
}

function Get-MarkerPath {
    [CmdletBinding()]
    [OutputType([string])]
    param()

    [System.IO.Path]::Combine((Get-DataFolder), 'restart.json')
}

function Get-ScheduledRestart {
    # The protocol's `restart`. Ours: the marker is from this boot, was not called off, its instant is not long past, and no
    # 1075 came after it. The 1074 that our own call caused (within 30 seconds of it) is nobody else's.
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $BootTime)

    $events = @(Get-ShutdownEvent -Since (ConvertTo-Instant -Text $BootTime))
    $restart = @{ scheduled_at = $null; ours = $false; foreign = $false }
    $marker = Read-JsonFile -Path (Get-MarkerPath)
    if ($null -ne $marker -and $marker['boot_time'] -eq $BootTime) {
        $asked = ConvertTo-Instant -Text $marker['asked_at']
        $due = ConvertTo-Instant -Text $marker['scheduled_at']
        $aborted = @($events | Where-Object { $_.Id -eq 1075 -and $_.TimeCreated.ToUniversalTime() -ge $asked })
        if (-not $marker['cancelled'] -and $aborted.Count -eq 0 -and (Get-DeviceTime) -lt $due.AddMinutes(10)) {
            $restart['scheduled_at'] = $marker['scheduled_at']
            $restart['ours'] = $true
            return $restart
        }
        $events = @(
            foreach ($entry in $events) {
                $after = ($entry.TimeCreated.ToUniversalTime() - $asked).TotalSeconds
                if ($entry.Id -ne 1074 -or $after -lt 0 -or $after -gt 30) {
                    $entry
                }
            }
        )
    }
    if ($events.Count -gt 0 -and $events[-1].Id -eq 1074) {
        # When it is due nobody tells.
        $restart['foreign'] = $true
    }
    $restart
}
