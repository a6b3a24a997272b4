using System.Security.Cryptography;
using SoonShop.ApiFrontend.Media;
using SoonShop.Media;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Media;

public sealed class DirectoryMediaStoreTests : MediaStoreContract, IDisposable
{
    private readonly string root = Path.Combine(Repository.TestData, $"media-{Guid.NewGuid():N}");

    private protected override IMediaStore Store => new DirectoryMediaStore(new MediaOptions { Directory = root });

    [Fact]
    public async Task only_complete_files_have_names()
    {
        var content = new byte[3_000_000];
        var file = new MediaFile(NewId(), 160);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.PutAsync(file, content, stop.Token));
        Assert.Empty(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories));
        await Store.PutAsync(file, content, None);
        Assert.Equal(
            Path.Combine(root, file.Folder, file.Name), Assert.Single(Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)));
    }

    [Fact]
    public async Task what_a_crash_left_is_deleted_once_it_is_old()
    {
        var file = new MediaFile(NewId(), 160);
        await Store.PutAsync(file, new byte[1], None);
        var (old, young) = (Path.Combine(root, file.Folder, ".new-old"), Path.Combine(root, file.Folder, ".new-young"));
        await File.WriteAllTextAsync(old, "x", None);
        await File.WriteAllTextAsync(young, "x", None);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-2));
        await Store.DeleteAsync(file, None);
        Assert.Equal((false, true), (File.Exists(old), File.Exists(young)));
    }

    [Fact]
    public async Task a_directory_that_cannot_be_written_is_unavailable()
    {
        await File.WriteAllTextAsync(root, "a file", None);
        await Assert.ThrowsAsync<UnavailableException>(() => Store.PutAsync(new MediaFile(NewId(), 160), new byte[1], None));
    }

    public void Dispose()
    {
        if (Directory.Exists(root))
            Directory.Delete(root, recursive: true);
        File.Delete(root);
    }
}

public sealed class S3MediaStoreTests(S3Server server) : MediaStoreContract, IClassFixture<S3Server>
{
    private protected override IMediaStore Store => With(_ => { });

    [Fact]
    public async Task a_file_has_its_type_its_prefix_and_its_caching()
    {
        var file = new MediaFile(NewId(), 480);
        await With(s3 => s3.Prefix = "shop/").PutAsync(file, "content"u8.ToArray(), None);
        var stored = server.Objects[$"shop/{file.Folder}/{file.Name}"];
        Assert.Equal(("image/webp", "public, max-age=31536000, immutable"), (stored.Type, stored.CacheControl));
    }

    [Fact]
    public async Task another_secret_or_bucket_is_unavailable_and_not_an_empty_store()
    {
        var file = new MediaFile(NewId(), 160);
        await Store.PutAsync(file, new byte[10], None);
        foreach (var store in (IMediaStore[])[With(s3 => s3.SecretKey = "another"), With(s3 => s3.Bucket = "another")])
        {
            await Assert.ThrowsAsync<UnavailableException>(() => store.OpenAsync(file, None));
            await Assert.ThrowsAsync<UnavailableException>(() => store.PutAsync(file, new byte[11], None));
        }
        await Assert.ThrowsAsync<UnavailableException>(() => With(s3 => s3.SecretKey = "another").FindAsync(file, None));
        Assert.Equal(10, await Store.FindAsync(file, None));
    }

    [Fact]
    public async Task a_request_that_fails_is_sent_again_a_bounded_number_of_times()
    {
        var file = new MediaFile(NewId(), 160);
        server.Failures = 2;
        await Store.PutAsync(file, new byte[10], None);
        Assert.Equal(10, await Store.FindAsync(file, None));
        server.Failures = 100;
        var before = server.Requests;
        try
        {
            await Assert.ThrowsAsync<UnavailableException>(() => Store.PutAsync(file, new byte[10], None));
            Assert.Equal(3, server.Requests - before);
        }
        finally
        {
            server.Failures = 0;
        }
    }

    [Fact]
    public async Task a_service_that_does_not_answer_is_given_up()
    {
        server.Delay = TimeSpan.FromSeconds(20);
        try
        {
            var store = With(s3 => (s3.TimeoutSeconds, s3.MaxRetries) = (1, 0));
            await Assert.ThrowsAsync<UnavailableException>(
                () => store.FindAsync(new MediaFile(NewId(), 160), None).WaitAsync(TimeSpan.FromSeconds(60), None));
        }
        finally
        {
            server.Delay = TimeSpan.Zero;
        }
    }

    private S3MediaStore With(Action<S3Options> change)
    {
        var options = new MediaOptions
        {
            Store = MediaStoreKind.S3,
            S3 = new S3Options
            {
                Endpoint = server.Url,
                Region = S3Server.Region,
                Bucket = S3Server.Bucket,
                AccessKey = S3Server.AccessKey,
                SecretKey = S3Server.SecretKey,
            },
        };
        Assert.Empty(options.Problems());
        change(options.S3);
        return new S3MediaStore(options);
    }
}

/// <summary>What every store of images must keep to; a store of one's own is tested by deriving from this.</summary>
public abstract class MediaStoreContract
{
    private protected abstract IMediaStore Store { get; }

    private protected static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task a_file_is_read_as_it_was_stored_until_it_is_deleted()
    {
        var content = RandomNumberGenerator.GetBytes(200_000);
        var file = new MediaFile(NewId(), 480);
        var other = file with { Width = 160 };
        Assert.Null(await Store.OpenAsync(file, None));
        Assert.Null(await Store.FindAsync(file, None));
        await Store.PutAsync(file, content, None);
        await Store.PutAsync(file, content, None);
        await Store.PutAsync(other, "other"u8.ToArray(), None);
        Assert.Equal(content.Length, await Store.FindAsync(file, None));
        await using (var stored = (await Store.OpenAsync(file, None))!)
        {
            using var read = new MemoryStream();
            await stored.Content.CopyToAsync(read, None);
            Assert.Equal(content.Length, stored.Bytes);
            Assert.Equal(content, read.ToArray());
        }
        await Store.DeleteAsync(file, None);
        await Store.DeleteAsync(file, None);
        Assert.Null(await Store.OpenAsync(file, None));
        Assert.Null(await Store.FindAsync(file, None));
        Assert.Equal(5, await Store.FindAsync(other, None));
    }

    private protected static MediaId NewId() => MediaId.Of(RandomNumberGenerator.GetBytes(32), 500, 300);
}
