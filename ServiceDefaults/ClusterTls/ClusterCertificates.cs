using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>
/// The certificates between the processes of a cluster. Both sides of a connection present one and accept only those of the cluster's
/// authority. The files are read again for each connection, which is rare, so that new certificates take effect without a restart. Unusable
/// files, such as during a replacement, change nothing.
/// </summary>
public sealed class ClusterCertificates
{
    /// <summary>OIDs of extended key usages: a process is the server of some connections and the client of others.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The largest accepted file, in bytes.</summary>
    private const int MaxBytes = 1024 * 1024;

    private readonly ClusterTlsOptions options;
    private readonly Lock gate = new();
    private Loaded current;

    /// <summary>Reads the files.</summary>
    /// <exception cref="CryptographicException">
    /// The files do not contain a certificate with its key, the authority did not sign it, or it lacks the peer name.
    /// </exception>
    public ClusterCertificates(ClusterTlsOptions options)
    {
        this.options = options;
        current = Loaded.From(options, Texts.Of(options));
    }

    /// <summary>Returns what is wrong with the files; null when they are valid.</summary>
    public static string? Problem(ClusterTlsOptions options)
    {
        try
        {
            Loaded.From(options, Texts.Of(options));
            return null;
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            return e.Message;
        }
    }

    /// <summary>Requires TLS with certificates of both sides.</summary>
    public void Apply(TlsOptions tls)
    {
        tls.LocalServerCertificateSelector = (_, _) => Current.Certificate;
        tls.LocalClientCertificateSelector = (_, _, _, _, _) => Current.Certificate;
        tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
        tls.RemoteCertificateValidation = (certificate, chain, _) => Accepts(certificate, chain);
        tls.OnAuthenticateAsClient = (_, client) =>
        {
            client.TargetHost = options.PeerName.Length > 0 ? options.PeerName : "soonshop";
            ((SslClientAuthenticationOptions)client.SslClientAuthenticationOptions).ClientCertificateContext = Current.Context;
        };
        tls.OnAuthenticateAsServer = (_, server) =>
        {
            // Sends the intermediate certificates as well; a selector returns only the certificate itself.
            var ssl = (SslServerAuthenticationOptions)server.SslServerAuthenticationOptions;
            (ssl.ServerCertificateSelectionCallback, ssl.ServerCertificateContext) = (null, Current.Context);
        };
    }

    /// <summary>When the current certificate expires.</summary>
    public DateTimeOffset ExpiresAt => Current.Certificate.NotAfter;

    /// <summary>True for a certificate of the cluster's authority that is valid now and has the required name.</summary>
    /// <param name="certificate">The other side's certificate.</param>
    /// <param name="sent">The chain that was sent with it, which may contain its issuer.</param>
    internal bool Accepts(X509Certificate2 certificate, X509Chain? sent)
    {
        if (!HasPeerName(certificate, options))
            return false;
        using var chain = ChainTo(Current.Authorities);
        if (sent is not null)
        {
            foreach (var element in sent.ChainElements)
                chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        return chain.Build(certificate);
    }

    private Loaded Current
    {
        get
        {
            lock (gate)
            {
                try
                {
                    var texts = Texts.Of(options);
                    if (texts != current.Texts)
                        current = Loaded.From(options, texts);
                }
                catch (Exception e) when (IsOfFiles(e))
                {
                    // The files are being replaced or are invalid. The loaded certificate stays in use until it expires.
                }
                return current;
            }
        }
    }

    private static bool HasPeerName(X509Certificate2 certificate, ClusterTlsOptions options) =>
        options.PeerName.Length == 0 || certificate.MatchesHostname(options.PeerName, allowWildcards: false, allowCommonName: false);

    private static X509Chain ChainTo(X509Certificate2Collection authorities)
    {
        var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // Short lifetimes and the replacement of the authority make revocation lists unnecessary.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain;
    }

    private static bool IsOfFiles(Exception e) =>
        e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    /// <summary>The content of the files.</summary>
    private sealed record Texts(string Certificate, string Key, string Authority)
    {
        public static Texts Of(ClusterTlsOptions options) =>
            new(Read(options.CertificatePath), Read(options.KeyPath), Read(options.AuthorityPath));

        private static string Read(string path) => new FileInfo(path).Length <= MaxBytes
            ? File.ReadAllText(path)
            : throw new IOException($"{path} is larger than {MaxBytes} bytes.");
    }

    private sealed record Loaded(
        Texts Texts, X509Certificate2 Certificate, SslStreamCertificateContext Context, X509Certificate2Collection Authorities)
    {
        public static Loaded From(ClusterTlsOptions options, Texts texts)
        {
            using var pem = X509Certificate2.CreateFromPem(texts.Certificate, texts.Key);
            // Some platforms need the private key of a server certificate in their own key store.
            var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()
                .SelectMany(u => u.EnhancedKeyUsages.Cast<Oid>()).Select(u => u.Value).ToHashSet();
            if (usages.Count > 0 && !(usages.Contains(ServerAuthentication) && usages.Contains(ClientAuthentication)))
                throw new CryptographicException($"{options.CertificatePath} is not valid for both servers and clients (extended key "
                    + "usages serverAuth and clientAuth).");
            var (authorities, own) = (new X509Certificate2Collection(), new X509Certificate2Collection());
            authorities.ImportFromPem(texts.Authority);
            if (authorities.Count == 0)
                throw new CryptographicException($"{options.AuthorityPath} holds no certificate.");
            own.ImportFromPem(texts.Certificate);
            own.AddRange(authorities);
            // The other processes would refuse it. The validity period is not checked here: the log warns about an expiring certificate.
            using var chain = ChainTo(authorities);
            chain.ChainPolicy.ExtraStore.AddRange(own);
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
            if (!chain.Build(certificate))
            {
                var reasons = chain.ChainStatus.Where(s => s.Status != X509ChainStatusFlags.NotTimeValid)
                    .Select(s => s.StatusInformation.Trim()).Distinct();
                throw new CryptographicException(
                    $"{options.CertificatePath} is not signed by an authority in {options.AuthorityPath} ({string.Join("; ", reasons)}).");
            }
            if (!HasPeerName(certificate, options))
            {
                throw new CryptographicException(
                    $"{options.CertificatePath} does not have the DNS name '{options.PeerName}' (ClusterTls:PeerName), which the other "
                        + "processes require.");
            }
            return new Loaded(texts, certificate, SslStreamCertificateContext.Create(certificate, own, offline: true), authorities);
        }
    }
}
