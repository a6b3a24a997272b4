using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SoonShop.Tests.Running;

/// <summary>An authority of a cluster, and files of a certificate that it has signed, for <c>ClusterTls</c>.</summary>
internal sealed record ClusterCertificate(string CertificatePath, string KeyPath, string AuthorityPath)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private static readonly Lazy<ClusterCertificate> Shared = new(() => Create());

    /// <summary>One for whoever only wants to read it.</summary>
    public static ClusterCertificate OfShippedSettings => Shared.Value;

    /// <summary>What a shop's processes are told.</summary>
    public (string Name, string Value)[] Settings =>
        [("ClusterTls__CertificatePath", CertificatePath), ("ClusterTls__KeyPath", KeyPath), ("ClusterTls__AuthorityPath", AuthorityPath)];

    /// <summary>A new authority, and a certificate of it.</summary>
    /// <param name="name">Its DNS name.</param>
    /// <param name="usages">What it may be used for.</param>
    /// <param name="validFor">For how long.</param>
    public static ClusterCertificate Create(string name = "soonshop-cluster", string[]? usages = null, TimeSpan? validFor = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Repository.TestData, $"cluster-{Guid.NewGuid():N}")).FullName;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest($"CN=authority {Guid.NewGuid():N}", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var authority = authorityRequest.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(30));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [.. (usages ?? [ServerAuthentication, ClientAuthentication]).Select(u => new Oid(u))], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(
            authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow + (validFor ?? TimeSpan.FromDays(20)),
            RandomNumberGenerator.GetBytes(15));
        var files = new ClusterCertificate(
            Path.Combine(folder, "tls.crt"), Path.Combine(folder, "tls.key"), Path.Combine(folder, "ca.crt"));
        File.WriteAllText(files.CertificatePath, certificate.ExportCertificatePem());
        File.WriteAllText(files.KeyPath, key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(files.AuthorityPath, authority.ExportCertificatePem());
        return files;
    }

    /// <summary>Puts another's files in the place of these, one after the other, as an operator would.</summary>
    public void ReplaceBy(ClusterCertificate other)
    {
        File.Copy(other.KeyPath, KeyPath, overwrite: true);
        File.Copy(other.CertificatePath, CertificatePath, overwrite: true);
        File.Copy(other.AuthorityPath, AuthorityPath, overwrite: true);
    }
}
