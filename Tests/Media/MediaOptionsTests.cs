using SoonShop.ApiFrontend.Media;

namespace SoonShop.Tests.Media;

public sealed class MediaOptionsTests
{
    [Fact]
    public void the_default_stores_nothing_and_is_valid() => Assert.Empty(new MediaOptions().Problems());

    [Fact]
    public void all_problems_are_named_at_once()
    {
        var problems = new MediaOptions
        {
            Store = MediaStoreKind.S3,
            MaxBytes = 1,
            MaxMegapixels = 0,
            PublicUrl = "images.example",
            S3 = new S3Options { Endpoint = "minio:9000", Prefix = "/x", TimeoutSeconds = 0 },
        }.Problems().ToArray();
        foreach (var name in (string[])["MaxBytes", "MaxMegapixels", "PublicUrl", "S3:Endpoint", "S3:Bucket", "S3:AccessKey",
            "S3:SecretKey", "S3:Prefix", "S3:TimeoutSeconds"])
            Assert.Single(problems, p => p.StartsWith($"Media:{name} ", StringComparison.Ordinal));
        Assert.Equal(9, problems.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("images")]
    public void a_directory_must_be_absolute(string path) => Assert.StartsWith(
        "Media:Directory is",
        Assert.Single(new MediaOptions { Store = MediaStoreKind.Directory, Directory = path }.Problems()), StringComparison.Ordinal);
}
