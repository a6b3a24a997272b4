using System.Security.Cryptography;
using SoonShop.Media;

namespace SoonShop.Tests.Media;

public sealed class MediaIdTests
{
    private static readonly byte[] Digest = SHA256.HashData("an image"u8);

    [Theory]
    [InlineData(1, 1, "1x1")]
    [InlineData(159, 100, "159x100")]
    [InlineData(160, 100, "160x100")]
    [InlineData(500, 250, "160x80 480x240 500x250")]
    [InlineData(1920, 1080, "160x90 480x270 960x540 1920x1080")]
    [InlineData(4000, 3000, "160x120 480x360 960x720 1920x1440")]
    [InlineData(12_000, 1, "160x1 480x1 960x1 1920x1")]
    public void an_image_is_served_in_widths_up_to_its_own(int width, int height, string sizes)
    {
        var id = MediaId.Of(Digest, width, height);
        Assert.Equal(sizes, string.Join(' ', id.Widths.Select(w => $"{w}x{id.HeightOf(w)}")));
        Assert.Equal(id.Widths[^1], MediaUrl.Find(MediaUrl.Largest(id))!.Width);
    }

    [Fact]
    public void an_id_is_read_as_it_is_written()
    {
        var id = MediaId.Of(Digest, 12_000, 9_999);
        Assert.True(MediaId.TryParse(id.ToString(), out var read));
        Assert.Equal(id, read);
        Assert.Equal((12_000, 9_999), (read.Width, read.Height));
        Assert.Matches("^1[a-z2-7]{32}-12000x9999$", id.ToString());
        Assert.True(id.ToString().Length <= MediaId.MaxLength);
        Assert.NotEqual(id, MediaId.Of(SHA256.HashData("another"u8), 12_000, 9_999));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("../../etc/passwd")]
    [InlineData("{0}-0x1")]
    [InlineData("{0}-01x1")]
    [InlineData("{0}-1x12001")]
    [InlineData("{0}-1x-1")]
    [InlineData("{0}-1x")]
    [InlineData("{0}-1x1x1")]
    [InlineData("{0}-1x1 ")]
    [InlineData("{0}1x1")]
    [InlineData("{1}-1x1")]
    [InlineData("{2}-1x1")]
    public void other_texts_are_no_ids(string? text)
    {
        const string Digits = "mzxw6ytboi4dcmrtgq2tmnzyheydcmrt";
        Assert.True(MediaId.TryParse($"1{Digits}-1x1", out _));
        Assert.False(MediaId.TryParse(
            text?.Replace("{0}", $"1{Digits}", StringComparison.Ordinal).Replace("{1}", $"2{Digits}", StringComparison.Ordinal)
                .Replace("{2}", $"1{Digits[..31]}/", StringComparison.Ordinal),
            out _));
    }

    [Fact]
    public void a_url_names_an_image_in_one_of_its_widths()
    {
        var id = MediaId.Of(Digest, 500, 250);
        Assert.Equal($"/media/{id}/480.webp", MediaUrl.PathOf(id, 480));
        Assert.Equal(id, MediaUrl.OfPath($"/media/{id}/480.webp"));
        var found = MediaUrl.Find($"https://images.example/shop/media/{id}/160.webp")!;
        Assert.Equal(("https://images.example/shop", id, 160), (found.Base, found.Id, found.Width));
        Assert.Equal(new MediaSource(500, 250, $"https://images.example/shop/media/{id}/500.webp"), found.Sources()[^1]);
        Assert.Null(MediaUrl.OfPath($"https://images.example/media/{id}/160.webp"));
        foreach (var wrong in (string?[])[null, "", $"/media/{id}", $"/media/{id}/481.webp", $"/media/{id}/0480.webp",
            $"/media/{id}/480.png", $"/media/{id}/480.webp?x=1", $"/media/{id}/../480.webp", "/media/x/480.webp"])
            Assert.Null(MediaUrl.Find(wrong));
    }
}
