# Copyright (c) 2026 Nightshift contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# For use inside nightshift.fleet only; it may change in any release.
#
# What Windows says about sessions and power, through P/Invoke. C# 5, for the compiler of PowerShell 5.1.

Set-StrictMode -Version 3.0

function Initialize-SessionApi {
    # Compiles Nightshift.SessionApi once for each process.
    [CmdletBinding()]
    param()

    if ($null -ne ('Nightshift.SessionApi' -as [type])) {
        return
    }
    Add-Type -TypeDefinition @'
using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Nightshift
{
    public class Session
    {
        public int Id;
        public string Name;
        public bool Active;
        public long IdleTicks;
    }

    public class PowerState
    {
        public int Line;
        public int Percent;
        public int Flag;
    }

    public static class SessionApi
    {
        [StructLayout(LayoutKind.Sequential)]
        private struct SessionInfo
        {
            public int SessionId;
            public IntPtr StationName;
            public int State;
        }

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        private struct SessionDetail
        {
            public int State;
            public int SessionId;
            public int IncomingBytes;
            public int OutgoingBytes;
            public int IncomingFrames;
            public int OutgoingFrames;
            public int IncomingCompressedBytes;
            public int OutgoingCompressedBytes;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 32)]
            public string StationName;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 17)]
            public string Domain;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 21)]
            public string UserName;
            public long ConnectTime;
            public long DisconnectTime;
            public long LastInputTime;
            public long LogonTime;
            public long CurrentTime;
        }

        [StructLayout(LayoutKind.Sequential)]
        private struct PowerStatus
        {
            public byte Line;
            public byte Flag;
            public byte Percent;
            public byte Saver;
            public int LifeTime;
            public int FullLifeTime;
        }

        [DllImport("wtsapi32.dll", EntryPoint = "WTSEnumerateSessionsW", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool EnumerateSessions(IntPtr server, int reserved, int version, out IntPtr sessions, out int count);

        [DllImport("wtsapi32.dll", EntryPoint = "WTSQuerySessionInformationW", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool QuerySession(IntPtr server, int session, int kind, out IntPtr buffer, out int size);

        [DllImport("wtsapi32.dll", EntryPoint = "WTSSendMessageW", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern bool SendMessage(IntPtr server, int session, string title, int titleBytes, string text, int textBytes,
            int style, int timeout, out int response, bool wait);

        [DllImport("wtsapi32.dll", EntryPoint = "WTSFreeMemory")]
        private static extern void FreeMemory(IntPtr memory);

        [DllImport("kernel32.dll", EntryPoint = "GetSystemPowerStatus", SetLastError = true)]
        private static extern bool QueryPower(out PowerStatus status);

        // The sessions somebody is logged on to. IdleTicks (100 ns) is -1 where Windows does not know.
        public static Session[] GetSessions()
        {
            List<Session> found = new List<Session>();
            IntPtr list;
            int count;
            if (!EnumerateSessions(IntPtr.Zero, 0, 1, out list, out count))
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            try
            {
                int step = Marshal.SizeOf(typeof(SessionInfo));
                for (int index = 0; index < count; index++)
                {
                    IntPtr place = new IntPtr(list.ToInt64() + (long)index * step);
                    SessionInfo info = (SessionInfo)Marshal.PtrToStructure(place, typeof(SessionInfo));
                    Session session = Describe(info.SessionId);
                    if (session != null)
                    {
                        found.Add(session);
                    }
                }
            }
            finally
            {
                FreeMemory(list);
            }
            return found.ToArray();
        }

        // WTSSessionInfo is class 24; state 0 is active, 4 disconnected.
        private static Session Describe(int id)
        {
            IntPtr buffer;
            int size;
            if (!QuerySession(IntPtr.Zero, id, 24, out buffer, out size))
            {
                return null;
            }
            try
            {
                SessionDetail detail = (SessionDetail)Marshal.PtrToStructure(buffer, typeof(SessionDetail));
                if (String.IsNullOrEmpty(detail.UserName))
                {
                    return null;
                }
                long since = detail.State == 4 && detail.DisconnectTime > detail.LastInputTime
                    ? detail.DisconnectTime : detail.LastInputTime;
                Session session = new Session();
                session.Id = id;
                session.Name = String.IsNullOrEmpty(detail.Domain) ? detail.UserName : detail.Domain + "\\" + detail.UserName;
                session.Active = detail.State == 0;
                session.IdleTicks = since > 0 && detail.CurrentTime >= since ? detail.CurrentTime - since : -1;
                return session;
            }
            finally
            {
                FreeMemory(buffer);
            }
        }

        // A message box with an OK button and an information sign (0x40) that nobody waits for.
        public static bool Tell(int id, string title, string text)
        {
            int response;
            return SendMessage(IntPtr.Zero, id, title, title.Length * 2, text, text.Length * 2, 0x40, 0, out response, false);
        }

        public static PowerState GetPower()
        {
            PowerStatus status;
            if (!QueryPower(out status))
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }
            PowerState power = new PowerState();
            power.Line = status.Line;
            power.Percent = status.Percent;
            power.Flag = status.Flag;
            return power;
        }
    }
}
'@
}

function Get-UserSession {
    # Objects with Id, Name (DOMAIN\user), Active and IdleTicks (-1: unknown) for each session somebody is logged on to.
    [CmdletBinding()]
    param()

    Initialize-SessionApi
    [Nightshift.SessionApi]::GetSessions()
}

function Send-SessionMessage {
    # Shows a message in a session; whether Windows took it.
    [CmdletBinding()]
    [OutputType([bool])]
    param(
        [Parameter(Mandatory)] [int] $SessionId,
        [Parameter(Mandatory)] [string] $Title,
        [Parameter(Mandatory)] [string] $Text
    )

    Initialize-SessionApi
    [Nightshift.SessionApi]::Tell($SessionId, $Title, $Text)
}

function Get-PowerState {
    # An object with Line (0 battery, 1 mains, else unknown), Percent (255 unknown) and Flag (128 no battery, 255 unknown).
    [CmdletBinding()]
    param()

    Initialize-SessionApi
    [Nightshift.SessionApi]::GetPower()
}
