using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SoonShop.Users;

/// <summary>
/// Hashes and checks passwords with ASP.NET Core Identity's hasher (PBKDF2 with HMAC-SHA512), outside the grains'
/// scheduler, and never more at once than there are cores: a flood of logins must not starve the shop.
/// </summary>
public sealed class PasswordHashing(IOptions<PasswordHasherOptions> options) : IDisposable
{
    /// <summary>How long a login may wait for its turn at the cores.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(8);

    private readonly PasswordHasher<object> hasher = new(options);
    private readonly SemaphoreSlim cores = new(Math.Max(1, Environment.ProcessorCount - 1));
    private static readonly object Nobody = new();

    /// <summary>A hash that no password matches, with the same parameters: checking against it takes as long as against a real one.</summary>
    private readonly Lazy<string> decoy = new(() => new PasswordHasher<object>(options).HashPassword(Nobody, Guid.NewGuid().ToString()));

    /// <summary>Hashes a password. Throws <see cref="UnavailableException"/> when the cores stay busy.</summary>
    public Task<string> HashAsync(string password) => OnACoreAsync(() => hasher.HashPassword(Nobody, password));

    /// <summary>Checks a password; with a null hash (no such user) it does the same work and says no.</summary>
    public Task<bool> VerifyAsync(string? hash, string password) => OnACoreAsync(() =>
        hasher.VerifyHashedPassword(Nobody, hash ?? decoy.Value, password) != PasswordVerificationResult.Failed && hash is not null);

    private async Task<T> OnACoreAsync<T>(Func<T> work)
    {
        if (!await cores.WaitAsync(MaxWait))
            throw new UnavailableException("Too many people sign in at this moment.");
        try
        {
            return await Task.Run(work);
        }
        finally
        {
            cores.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => cores.Dispose();
}
