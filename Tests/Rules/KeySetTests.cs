using System.Security.Cryptography;
using System.Text;
using SoonShop.ApiFrontend.Users;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class KeySetTests
{
    private readonly TestKey one = new();
    private readonly TestKey two = new();

    [Fact]
    public void the_first_private_key_signs_and_all_verify()
    {
        var keys = KeySet.Parse(two.PublicPem + one.Pem);
        Assert.Equal(one.Id, keys.Signing.Key.KeyId);
        Assert.Equal([two.Id, one.Id], keys.Public.Select(k => k.Kid));
        Assert.Equal(two.Id, Assert.Single(keys.Find(two.Id)).KeyId);
        Assert.Empty(keys.Find("unknown"));
        Assert.Empty(keys.Find(null));
    }

    [Fact]
    public void a_key_keeps_its_id()
    {
        Assert.Equal(one.Id, KeySet.Parse(one.Pem + two.Pem).Signing.Key.KeyId);
        Assert.Equal(2, KeySet.Parse(one.Pem + one.Pem + two.Pem).Public.Count);
        var made = KeySet.NewPem();
        Assert.Equal(KeySet.Parse(made).Signing.Key.KeyId, KeySet.Parse(made).Signing.Key.KeyId);
    }

    [Fact]
    public void keys_are_read_as_text_as_base64_or_from_a_file()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, one.Pem);
        foreach (var options in new[]
        {
            new AuthOptions { Keys = one.Pem },
            new AuthOptions { Keys = one.Setting },
            new AuthOptions { KeyFile = file },
        })
            Assert.Equal(one.Id, KeySet.TryRead(options, out _)?.Signing.Key.KeyId);
        File.Delete(file);
    }

    [Fact]
    public void keys_of_another_kind_are_refused_with_the_reason()
    {
        using var rsa = RSA.Create(2048);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        foreach (var text in new[]
        {
            "",
            "nonsense",
            one.PublicPem,
            rsa.ExportPkcs8PrivateKeyPem(),
            other.ExportPkcs8PrivateKeyPem(),
            one.Pem.Replace("M", "!", StringComparison.Ordinal),
        })
        {
            var options = new AuthOptions { Keys = Convert.ToBase64String(Encoding.UTF8.GetBytes(text)) };
            var problem = Assert.Single(options.Problems());
            Assert.Contains("new-key", problem, StringComparison.Ordinal);
            Assert.DoesNotContain(one.Pem.Split('\n')[1], problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void a_file_and_a_text_exclude_each_other()
    {
        Assert.Contains(
            "both", Assert.Single(new AuthOptions { Keys = one.Pem, KeyFile = "keys.pem" }.Problems()), StringComparison.Ordinal);
        Assert.Contains("not set", Assert.Single(new AuthOptions().Problems()), StringComparison.Ordinal);
        Assert.Contains("no-such.pem", Assert.Single(new AuthOptions { KeyFile = "/no-such.pem" }.Problems()), StringComparison.Ordinal);
    }
}
