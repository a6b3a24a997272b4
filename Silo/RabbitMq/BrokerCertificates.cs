using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SoonShop.Silo.RabbitMq;

/// <summary>Checks the broker's certificate against configured authorities.</summary>
internal static class BrokerCertificates
{
    /// <summary>Returns what is wrong with a file of authorities; null when it can be used.</summary>
    public static string? Problem(string path)
    {
        try
        {
            return Read(path).Count > 0 ? null : $"is '{path}', which holds no certificate";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"is '{path}', which cannot be read ({e.Message})";
        }
    }

    /// <summary>Returns a check that accepts a certificate with the broker's name that one of the authorities has signed.</summary>
    public static RemoteCertificateValidationCallback SignedBy(string path)
    {
        var authorities = Read(path);
        return (_, certificate, chain, errors) =>
        {
            if (certificate is null || chain is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
                return false;
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build(new X509Certificate2(certificate));
        };
    }

    private static X509Certificate2Collection Read(string path)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return authorities;
    }
}
