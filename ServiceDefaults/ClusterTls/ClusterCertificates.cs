using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Connections.Security;

namespace SoonShop.ServiceDefaults.ClusterTls;

/// <summary>
/// The certificates between the processes of a cluster. Both sides of a connection show one, and accept those of the cluster's authority only. The files are
/// read again whenever a connection is made, which is seldom: what is new in them holds from the next connection on, without a restart.
/// Files that cannot be used, as while they are being exchanged, change nothing.
/// </summary>
public sealed class ClusterCertificates
{
    /// <summary>OIDs of extended key usages: a process is the server of some connections and the client of others.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1", ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>The largest file that is read.</summary>
    private const int MaxBytes = 1024 * 1024;

    private readonly ClusterTlsOptions options;
    private readonly Lock gate = new();
    private Loaded current;

    /// <summary>Reads the files.</summary>
    /// <exception cref="CryptographicException">
    /// What they hold is no certificate with its key, or the authority did not sign it, or it lacks the peer name.
    /// </exception>
    public ClusterCertificates(ClusterTlsOptions options)
    {
        this.options = options;
        current = Loaded.From(options, Texts.Of(options));
    }

    /// <summary>What is wrong with the files; null when they can be used.</summary>
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
            // With those between it and the authority; a selector knows the certificate alone.
            var ssl = (SslServerAuthenticationOptions)server.SslServerAuthenticationOptions;
            (ssl.ServerCertificateSelectionCallback, ssl.ServerCertificateContext) = (null, Current.Context);
        };
    }

    /// <summary>When the certificate that is shown now expires.</summary>
    public DateTimeOffset ExpiresAt => Current.Certificate.NotAfter;

    /// <summary>True for a certificate of the cluster's authority that is valid now, and bears the name that it must.</summary>
    /// <param name="certificate">What the other side has shown.</param>
    /// <param name="sent">The chain that it came with; who signed it may be in there.</param>
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
                    // They are being exchanged, or somebody has put something wrong there: what was right goes on until it expires.
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
        // Short lives and a new authority take the place of lists of revoked certificates.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain;
    }

    private static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    /// <summary>What the files hold.</summary>
    private sealed record Texts(string Certificate, string Key, string Authority)
    {
        public static Texts Of(ClusterTlsOptions options) => new(Read(options.CertificatePath), Read(options.KeyPath), Read(options.AuthorityPath));

        private static string Read(string path) => new FileInfo(path).Length <= MaxBytes ? File.ReadAllText(path) : throw new IOException($"{path} is larger than {MaxBytes} bytes.");
    }

    private sealed record Loaded(Texts Texts, X509Certificate2 Certificate, SslStreamCertificateContext Context, X509Certificate2Collection Authorities)
    {
        public static Loaded From(ClusterTlsOptions options, Texts texts)
        {
            using var pem = X509Certificate2.CreateFromPem(texts.Certificate, texts.Key);
            // Some platforms want the key of a server in a store of their own.
            var certificate = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(u => u.EnhancedKeyUsages.Cast<Oid>()).Select(u => u.Value).ToHashSet();
            if (usages.Count > 0 && !(usages.Contains(ServerAuthentication) && usages.Contains(ClientAuthentication)))
                throw new CryptographicException($"{options.CertificatePath} is not for servers and clients both (extended key usages serverAuth and clientAuth).");
            var (authorities, own) = (new X509Certificate2Collection(), new X509Certificate2Collection());
            authorities.ImportFromPem(texts.Authority);
            if (authorities.Count == 0)
                throw new CryptographicException($"{options.AuthorityPath} holds no certificate.");
            own.ImportFromPem(texts.Certificate);
            own.AddRange(authorities);
            // The others would refuse it. Its time is another question: a certificate that expires is told of in the log.
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
                    $"{options.CertificatePath} does not have the DNS name '{options.PeerName}' (ClusterTls:PeerName), which the others ask for.");
            }
            return new Loaded(texts, certificate, SslStreamCertificateContext.Create(certificate, own, offline: true), authorities);
        }
    }
}
