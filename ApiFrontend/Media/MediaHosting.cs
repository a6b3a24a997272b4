namespace SoonShop.ApiFrontend.Media;

/// <summary>Registers the store and the processing of images.</summary>
internal static class MediaHosting
{
    public static void AddMedia(this IServiceCollection services, MediaOptions options)
    {
        services.AddSingleton(options).AddSingleton<MediaLinks>().AddSingleton<MediaUploads>().AddSingleton<MediaRemoval>()
            .AddSingleton<MediaDownloads>();
        _ = options.Store switch
        {
            MediaStoreKind.Directory => services.AddSingleton<IMediaStore, DirectoryMediaStore>(),
            MediaStoreKind.S3 => services.AddSingleton<IMediaStore, S3MediaStore>(),
            _ => services.AddSingleton<IMediaStore, NoMediaStore>(),
        };
        if (options.Store != MediaStoreKind.None)
            services.AddHostedService<MediaRemovalService>();
    }
}
