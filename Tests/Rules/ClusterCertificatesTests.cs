using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class ClusterCertificatesTests
{
    private static ClusterTlsOptions Options(ClusterCertificate files, string peer = "") =>
        new() { CertificatePath = files.CertificatePath, KeyPath = files.KeyPath, AuthorityPath = files.AuthorityPath, PeerName = peer };

    private static X509Certificate2 Shown(ClusterCertificate files) => X509CertificateLoader.LoadCertificateFromFile(files.CertificatePath);

    [Fact]
    public void only_certificates_of_the_clusters_authority_are_accepted()
    {
        var (own, foreign) = (ClusterCertificate.Create(), ClusterCertificate.Create());
        var certificates = new ClusterCertificates(Options(own));
        Assert.True(certificates.Accepts(Shown(own), null));
        Assert.False(certificates.Accepts(Shown(foreign), null));
    }

    [Fact]
    public void a_certificate_that_has_expired_is_refused()
    {
        var expired = ClusterCertificate.Create(validFor: TimeSpan.FromHours(-1));
        Assert.False(new ClusterCertificates(Options(expired)).Accepts(Shown(expired), null));
    }

    [Fact]
    public void a_name_that_the_other_side_must_have_is_looked_at()
    {
        var own = ClusterCertificate.Create("silo.shop");
        Assert.True(new ClusterCertificates(Options(own, "silo.shop")).Accepts(Shown(own), null));
        var other = ClusterCertificate.Create("other.shop");
        // Both authorities are trusted: what is wrong is the name.
        File.AppendAllText(own.AuthorityPath, "\n" + File.ReadAllText(other.AuthorityPath));
        Assert.True(new ClusterCertificates(Options(own)).Accepts(Shown(other), null));
        Assert.False(new ClusterCertificates(Options(own, "silo.shop")).Accepts(Shown(other), null));
    }

    [Fact]
    public void a_certificate_that_its_own_authority_did_not_sign_is_refused_at_start_and_changes_nothing_later()
    {
        var (own, foreign) = (ClusterCertificate.Create(), ClusterCertificate.Create(validFor: TimeSpan.FromDays(7)));
        var mixed = foreign with { AuthorityPath = own.AuthorityPath };
        Assert.Contains("is not signed by an authority in", Assert.Single(Options(mixed).Problems()), StringComparison.Ordinal);
        Assert.Throws<CryptographicException>(() => new ClusterCertificates(Options(mixed)));

        var certificates = new ClusterCertificates(Options(own));
        var (before, ownAuthority) = (certificates.ExpiresAt, File.ReadAllText(own.AuthorityPath));
        File.Copy(foreign.KeyPath, own.KeyPath, overwrite: true);
        File.Copy(foreign.CertificatePath, own.CertificatePath, overwrite: true);
        Assert.Equal(before, certificates.ExpiresAt);
        Assert.Contains("is not signed by an authority in", ClusterCertificates.Problem(Options(own))!, StringComparison.Ordinal);
        // Both authorities, and the new certificate holds.
        File.WriteAllText(own.AuthorityPath, ownAuthority + "\n" + File.ReadAllText(foreign.AuthorityPath));
        Assert.NotEqual(before, certificates.ExpiresAt);
    }

    [Fact]
    public void a_certificate_without_the_name_that_others_ask_for_is_refused_at_start_and_changes_nothing_later()
    {
        var (own, other) = (
            ClusterCertificate.Create("silo.shop"), ClusterCertificate.Create("other.shop", validFor: TimeSpan.FromDays(7)));
        Assert.Contains("'silo.shop'", Assert.Single(Options(other, "silo.shop").Problems()), StringComparison.Ordinal);
        var certificates = new ClusterCertificates(Options(own, "silo.shop"));
        var before = certificates.ExpiresAt;
        own.ReplaceBy(other);
        Assert.Equal(before, certificates.ExpiresAt);
        Assert.Contains("'silo.shop'", ClusterCertificates.Problem(Options(own, "silo.shop"))!, StringComparison.Ordinal);
    }

    [Fact]
    public void new_files_are_taken_and_broken_ones_change_nothing()
    {
        var (own, renewed) = (ClusterCertificate.Create(), ClusterCertificate.Create(validFor: TimeSpan.FromDays(7)));
        var certificates = new ClusterCertificates(Options(own));
        var before = certificates.ExpiresAt;
        File.WriteAllText(own.CertificatePath, "half of a");
        Assert.Equal(before, certificates.ExpiresAt);
        Assert.NotNull(ClusterCertificates.Problem(Options(own)));
        own.ReplaceBy(renewed);
        Assert.NotEqual(before, certificates.ExpiresAt);
        Assert.True(certificates.Accepts(Shown(renewed), null));
    }

    [Theory]
    [InlineData("127.0.0.1", false, true)]
    [InlineData("127.8.9.1", false, true)]
    [InlineData("::1", false, true)]
    [InlineData("127.0.0.1", true, false)]
    [InlineData("10.1.2.3", false, false)]
    [InlineData("fd00::3", false, false)]
    public void a_silo_that_others_reach_needs_certificates_or_somebodys_word(string address, bool everywhere, bool fine)
    {
        Assert.Equal(fine, !new ClusterTlsOptions().ReachableProblems(address, everywhere).Any());
        Assert.Empty(new ClusterTlsOptions { AllowPlainText = true }.ReachableProblems(address, everywhere));
        Assert.Empty(Options(ClusterCertificate.OfShippedSettings).ReachableProblems(address, everywhere));
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("::1", true)]
    [InlineData("10.1.2.3", false)]
    public void a_client_without_certificates_connects_to_silos_of_its_machine_alone(string address, bool allowed) =>
        Assert.Equal(
            allowed, new LoopbackConnections(NullLogger<LoopbackConnections>.Instance).Allow(
                new IPEndPoint(IPAddress.Parse(address), 30000)));

    [Fact]
    public void what_is_wrong_is_named_with_what_to_set()
    {
        var own = ClusterCertificate.Create();
        Assert.Empty(new ClusterTlsOptions().Problems());
        Assert.Empty(Options(own).Problems());
        Assert.Equal(2, new ClusterTlsOptions { KeyPath = own.KeyPath }.Problems().Count());
        Assert.Contains(
            "ClusterTls__KeyPath", Assert.Single(new ClusterTlsOptions
            {
                CertificatePath = own.CertificatePath,
                KeyPath = "/no/such",
                AuthorityPath = own.AuthorityPath,
            }.Problems()), StringComparison.Ordinal);
        Assert.Contains(
            "ClusterTls__CertificatePath", Assert.Single(Options(own with { KeyPath = ClusterCertificate.Create().KeyPath }).Problems()),
            StringComparison.Ordinal);
        Assert.Contains(
            "serverAuth", Assert.Single(Options(ClusterCertificate.Create(usages: ["1.3.6.1.5.5.7.3.1"])).Problems()),
            StringComparison.Ordinal);
        Assert.Contains(
            "ClusterTls__CertificatePath", Assert.Single(new ClusterTlsOptions { PeerName = "x" }.Problems()), StringComparison.Ordinal);
    }
}
