# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# Whether the domain still knows this PC: I_NetLogonControl2 of netapi32 (lmaccess.h), which is what nltest /sc_verify
# calls. Test-ComputerSecureChannel says only yes or no, and no also when no domain controller answers.

Set-StrictMode -Version 3.0

function Initialize-NetlogonApi {
    # Compiles Nightshift.NetlogonApi once for each process. C# 5, for the compiler of PowerShell 5.1.
    [CmdletBinding()]
    param()

    if ($null -ne ('Nightshift.NetlogonApi' -as [type])) {
        return
    }
    Add-Type -TypeDefinition @'
using System;
using System.Runtime.InteropServices;

namespace Nightshift
{
    public static class NetlogonApi
    {
        [StructLayout(LayoutKind.Sequential)]
        private struct NetlogonInfo2
        {
            public uint Flags;
            public uint VerifyStatus;
            public IntPtr TrustedDcName;
            public uint ChannelStatus;
        }

        [DllImport("netapi32.dll", CharSet = CharSet.Unicode)]
        private static extern uint I_NetLogonControl2(string server, uint function, uint level, ref IntPtr data, out IntPtr buffer);

        [DllImport("netapi32.dll")]
        private static extern uint NetApiBufferFree(IntPtr buffer);

        // The Windows error of a verification of the secure channel (function 10, level 2); 0 when it holds. With the flag
        // 0x80 the second field is the result of the verification, else only the channel's last known state is told.
        public static long Verify(string domain)
        {
            IntPtr name = Marshal.StringToHGlobalUni(domain);
            IntPtr data = name;
            IntPtr buffer = IntPtr.Zero;
            try
            {
                uint code = I_NetLogonControl2(null, 10, 2, ref data, out buffer);
                if (code != 0)
                {
                    return code;
                }
                NetlogonInfo2 info = (NetlogonInfo2)Marshal.PtrToStructure(buffer, typeof(NetlogonInfo2));
                return (info.Flags & 0x80) != 0 ? info.VerifyStatus : info.ChannelStatus;
            }
            finally
            {
                if (buffer != IntPtr.Zero)
                {
                    NetApiBufferFree(buffer);
                }
                Marshal.FreeHGlobal(name);
            }
        }
    }
}
'@
}

function Get-SecureChannelCode {
    # The Windows error of a verification of the channel to the domain; 0 when it holds. A door to Windows.
    [CmdletBinding()]
    [OutputType([long])]
    param([Parameter(Mandatory)] [string] $Domain)

    Initialize-NetlogonApi
    [Nightshift.NetlogonApi]::Verify($Domain)
}

function Resolve-DomainTrust {
    # The protocol's `domain_trust`, and `reason`, a text where it is unknown. Broken is only what the domain itself says:
    # ERROR_ACCESS_DENIED 5, ERROR_WRONG_TARGET_NAME 1396, ERROR_NO_TRUST_LSA_SECRET 1786, ERROR_NO_TRUST_SAM_ACCOUNT 1787,
    # ERROR_TRUSTED_DOMAIN_FAILURE 1788, ERROR_TRUSTED_RELATIONSHIP_FAILURE 1789, ERROR_TRUST_FAILURE 1790, and the NTSTATUS
    # codes of the same (STATUS_ACCESS_DENIED, STATUS_NO_TRUST_LSA_SECRET, STATUS_NO_TRUST_SAM_ACCOUNT and those after).
    [CmdletBinding()]
    [OutputType([hashtable])]
    param([Parameter(Mandatory)] [string] $Domain)

    try {
        $code = Get-SecureChannelCode -Domain $Domain
    }
    catch {
        return @{ trust = 'unknown'; reason = "the channel to $Domain cannot be verified: $($_.Exception.Message)" }
    }
    if ($code -eq 0) {
        return @{ trust = 'ok'; reason = '' }
    }
    $refusals = 5, 1396, 1786, 1787, 1788, 1789, 1790, 3221225506, 3221225866, 3221225867, 3221225868, 3221225869
    if ($refusals -contains $code) {
        return @{ trust = 'broken'; reason = '' }
    }
    @{ trust = 'unknown'; reason = "verifying the channel to $Domain ended with Windows error $code" }
}
