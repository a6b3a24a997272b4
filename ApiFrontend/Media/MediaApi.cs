using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Media;

namespace SoonShop.ApiFrontend.Media;

/// <summary>Uploaded images: their administration, and their files for everybody.</summary>
internal static class MediaApi
{
    /// <summary>The response for a file that does not exist.</summary>
    public static Problem UnknownFile => new(Error.NotFound("not-found.media-file", "The image was not found."));

    public static void MapAdminMedia(this IEndpointRouteBuilder admin)
    {
        var media = admin.MapGroup("/media").WithTags("Admin: images").ForAdministrators("catalog");
        media.MapPost("", UploadAsync).WithName("uploadMedia").WithSummary("Upload an image")
            .Accepts<Stream>(isOptional: true, UploadedImage.ContentTypes[0], [.. UploadedImage.ContentTypes.Skip(1)])
            .WithMetadata(new StreamedBody(context => context.RequestServices.GetRequiredService<MediaUploads>().ReadAsync(context)))
            .ProducesProblems(ErrorCode.Conflict)
            .Admit(AdmissionClass.Free).DisableRequestTimeout();
        media.MapGet("", ListAsync).WithName("listMedia").WithSummary("List uploaded images, newest first");
        media.MapGet("/{id}", GetAsync).WithName("getMedia").WithSummary("Get an uploaded image");
        media.MapDelete("/{id}", RemoveAsync).WithName("removeMedia").WithSummary("Remove an uploaded image")
            .ProducesProblems(ErrorCode.Conflict);
    }

    public static void MapMediaFiles(this IEndpointRouteBuilder app)
    {
        var files = app.MapGroup(MediaUrl.Root.TrimEnd('/')).WithTags("Images").ForAnyone();
        // A download lasts as long as its client reads. Downloads have a limit of their own.
        files.DisableRequestTimeout().Admit(AdmissionClass.Free);
        files.MapGet("/{id}/{file}", GetFile).WithName("getMediaFile").WithSummary("Get an image")
            .Produces<Stream>(StatusCodes.Status200OK, MediaFile.ContentType);
        files.MapMethods("/{id}/{file}", [HttpMethods.Head], GetFile).ExcludeFromDescription();
    }

    private static async Task<Results<Created<MediaResponse>, Ok<MediaResponse>, Problem>> UploadAsync(
        HttpContext context, MediaUploads uploads, MediaLinks links)
    {
        var upload = await uploads.ReceiveAsync(context);
        if (upload.IsError)
            return new Problem(upload.Error);
        var response = MediaResponse.Of(upload.Value.Item, links);
        return upload.Value.IsNew ? TypedResults.Created($"/api/v1/admin/media/{response.Id}", response) : TypedResults.Ok(response);
    }

    private static async Task<Results<Ok<Page<MediaResponse>>, Problem>> ListAsync(
        IClusterClient cluster, MediaLinks links, [Cursor] string? cursor,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Media(cluster).ListAsync(new PageRequest(limit, cursor))).Ok(page =>
            new Page<MediaResponse>([.. page.Items.Select(item => MediaResponse.Of(item, links))], page.NextCursor));

    private static async Task<Results<Ok<MediaResponse>, Problem>> GetAsync(string id, IClusterClient cluster, MediaLinks links) =>
        MediaId.TryParse(id, out _)
            ? (await Media(cluster).GetAsync(id)).Ok(item => MediaResponse.Of(item, links))
            : Unknown(id);

    private static async Task<Results<NoContent, Problem>> RemoveAsync(
        string id, HttpContext context, IClusterClient cluster, MediaRemoval removal)
    {
        if (!MediaId.TryParse(id, out var media))
            return Unknown(id);
        var removed = await Media(cluster).RemoveAsync(id);
        if (removed.IsError)
            return new Problem(removed.Error);
        await removal.DeleteAsync(media, context.RequestAborted);
        return TypedResults.NoContent();
    }

    private static IResult GetFile(string id, string file, IMediaStore store, MediaDownloads downloads) =>
        MediaId.TryParse(id, out var media) && MediaUrl.TryReadWidth(media, file, out var width)
            ? new MediaResult(store, downloads, new MediaFile(media, width))
            : UnknownFile;

    private static IMediaGrain Media(IClusterClient cluster) => cluster.GetGrain<IMediaGrain>(WorkerKeys.Next());

    private static Problem Unknown(string id) => new(Error.NotFound("not-found.media", $"The image {id} was not found."));
}
