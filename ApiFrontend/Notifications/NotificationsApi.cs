using System.Security.Claims;
using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Notifications;

namespace SoonShop.ApiFrontend.Notifications;

/// <summary>The signed-in customer's inbox and preferences.</summary>
internal static class NotificationsApi
{
    public static void MapNotifications(this IEndpointRouteBuilder api)
    {
        var inbox = api.MapGroup("/notifications").WithTags("Notifications").ForCustomers();
        inbox.MapGet("", ListAsync).WithName("listNotifications").WithSummary("List my notifications, newest first");
        inbox.MapPost("/{id:guid}/read", MarkReadAsync).WithName("readNotification").WithSummary("Mark a notification as read");
        inbox.MapPost("/read-all", MarkAllReadAsync).WithName("readAllNotifications").WithSummary("Mark all notifications as read");
        var preferences = api.MapGroup("/me/notification-preferences").WithTags("Notifications").ForCustomers();
        preferences.MapGet("", GetPreferencesAsync).WithName("getNotificationPreferences").WithSummary("Get my notification preferences");
        preferences.MapPut("", SetPreferencesAsync)
            .WithName("setNotificationPreferences").WithSummary("Replace my notification preferences");
    }

    private static async Task<Results<Ok<NotificationPage>, Problem>> ListAsync(
        ClaimsPrincipal user, IClusterClient cluster, [Cursor] string? cursor, bool unread = false,
        [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        (await Mine(user, cluster).ListAsync(unread, new PageRequest(limit, cursor))).Ok();

    private static async Task<Results<NoContent, Problem>> MarkReadAsync(Guid id, ClaimsPrincipal user, IClusterClient cluster) =>
        (await Mine(user, cluster).MarkReadAsync(id)).NoContent();

    private static async Task<NoContent> MarkAllReadAsync(ClaimsPrincipal user, IClusterClient cluster)
    {
        await Mine(user, cluster).MarkAllReadAsync();
        return TypedResults.NoContent();
    }

    private static async Task<Ok<NotificationPreferences>> GetPreferencesAsync(ClaimsPrincipal user, IClusterClient cluster) =>
        TypedResults.Ok(await Mine(user, cluster).GetPreferencesAsync());

    private static async Task<Results<Ok<NotificationPreferences>, Problem>> SetPreferencesAsync(
        PreferencesRequest body, ClaimsPrincipal user, IClusterClient cluster) =>
        body.Problem() is { } problem
            ? new Problem(problem)
            : (await Mine(user, cluster).SetPreferencesAsync(body.Choices())).Ok();

    private static INotificationGrain Mine(ClaimsPrincipal user, IClusterClient cluster) =>
        cluster.GetGrain<INotificationGrain>(user.RequiredUserId());
}

/// <summary>Whether a kind is wanted on a channel, by kind and channel.</summary>
public sealed record PreferencesRequest([property: RequiredField] Dictionary<string, Dictionary<string, bool>>? Preferences)
{
    /// <summary>The most kinds and channels that are checked; no more exist.</summary>
    private const int MaxNames = 100;

    public Error? Problem() =>
        Preferences!.Count > MaxNames || Preferences.Values.Any(c => c is null || c.Count > MaxNames)
            || Preferences.Keys.Concat(Preferences.Values.SelectMany(c => c.Keys)).Any(n => n.Length > MaxNames || !Text.IsLine(n))
            ? Error.Invalid("preferences", "field.preferences", "must name kinds of notifications, each with its channels")
            : null;

    public ImmutableArray<NotificationChoice> Choices() =>
        [.. from kind in Preferences! from channel in kind.Value select new NotificationChoice(kind.Key, channel.Key, channel.Value)];
}
