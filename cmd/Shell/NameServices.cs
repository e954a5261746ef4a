using System.Runtime.InteropServices;

namespace Depmap.Plugin.Shell;

/// <summary>Which name services (nsswitch.conf) the C library of this program uses on Linux.</summary>
internal static partial class NameServices
{
    /// <summary>Only those that are linked into it: host names come from /etc/hosts and DNS, users from /etc/passwd.</summary>
    // Others are libraries of the machine, such as libnss_mdns4_minimal.so. glibc loads them even into a static program, which aborts
    // if the machine's glibc is older than its own.
    public static void UseBuiltIn()
    {
        if (!OperatingSystem.IsLinux())
            return;
        ConfigureLookup("hosts", "files dns");
        ConfigureLookup("passwd", "files");
    }

    [LibraryImport("libc", EntryPoint = "__nss_configure_lookup", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ConfigureLookup(string database, string services);
}
