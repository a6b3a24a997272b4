using System.Net;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>
/// Configuration section <c>ClusterTls</c>: the certificates by which silos and front ends authenticate each other. The files are read
/// again at each connection. Without TLS, whoever reaches a silo's ports can call any grain as any customer or administrator.
/// </summary>
public sealed class ClusterTlsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "ClusterTls";

    /// <summary>
    /// The certificate of this process, for clients and servers, with its intermediate certificates (PEM). Empty for connections without
    /// TLS.
    /// </summary>
    public string CertificatePath { get; set; } = "";

    /// <summary>The private key of that certificate (PEM).</summary>
    public string KeyPath { get; set; } = "";

    /// <summary>The authorities whose certificates are accepted (PEM); two while one replaces the other.</summary>
    public string AuthorityPath { get; set; } = "";

    /// <summary>
    /// A DNS name that the other side's certificate must have. Set it where the authority signs certificates for others, too. Empty for any
    /// name.
    /// </summary>
    public string PeerName { get; set; } = "";

    /// <summary>
    /// Allows connections without TLS beyond loopback outside Development. Only for a network that encrypts by itself and keeps others out,
    /// such as a service mesh with mutual TLS.
    /// </summary>
    public bool AllowPlainText { get; set; }

    /// <summary>True when connections are encrypted and unknown processes are refused.</summary>
    public bool IsOn => CertificatePath.Length > 0 || KeyPath.Length > 0 || AuthorityPath.Length > 0;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (!IsOn)
        {
            if (PeerName.Length > 0)
                yield return "ClusterTls:PeerName is set, and no certificate; set ClusterTls__CertificatePath, ClusterTls__KeyPath and "
                    + "ClusterTls__AuthorityPath.";
            yield break;
        }
        var missing = false;
        foreach (var (name, path) in Files())
        {
            if (path.Length == 0)
                yield return $"ClusterTls:{name} is not set; set ClusterTls__{name} to a PEM file, or none of ClusterTls for connections "
                    + "without TLS.";
            else if (!File.Exists(path))
                yield return $"ClusterTls:{name} is '{path}', which is no file that this process can read; set ClusterTls__{name}.";
            missing |= !File.Exists(path);
        }
        if (!missing && ClusterCertificates.Problem(this) is { } problem)
            yield return $"ClusterTls: {problem} See ClusterTls__CertificatePath, ClusterTls__KeyPath and ClusterTls__AuthorityPath.";
    }

    /// <summary>Returns what is wrong with a silo outside Development that other machines can reach, with the value to set.</summary>
    /// <param name="advertisedIP">The IP address at which others reach it, and on which it listens.</param>
    /// <param name="listensEverywhere">True when it listens on every address of the machine.</param>
    public IEnumerable<string> ReachableProblems(string advertisedIP, bool listensEverywhere)
    {
        var isOnLoopback = !listensEverywhere && (!IPAddress.TryParse(advertisedIP, out var address) || IPAddress.IsLoopback(address));
        if (!IsOn && !AllowPlainText && !isOnLoopback)
        {
            yield return "ClusterTls is not set, and this silo can be reached from other machines: "
                + "whoever reaches its ports may call any grain as anybody. "
                + "Set ClusterTls__CertificatePath, ClusterTls__KeyPath and ClusterTls__AuthorityPath (deploy/README.md); or "
                + "ClusterTls__AllowPlainText to true where the network itself encrypts and keeps others out.";
        }
    }

    private IEnumerable<(string Name, string Path)> Files() =>
        [(nameof(CertificatePath), CertificatePath), (nameof(KeyPath), KeyPath), (nameof(AuthorityPath), AuthorityPath)];
}
