using System.Threading.Channels;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SoonShop.Users;

/// <summary>
/// Hashes and verifies passwords with ASP.NET Core Identity's hasher (PBKDF2 with HMAC-SHA512) on a few dedicated threads behind a bounded
/// queue. So a flood of logins blocks neither the grains' scheduler nor the thread pool.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    private static readonly object Nobody = new();

    private readonly PasswordHasher<object> hasher;
    private readonly Channel<Work> queue;
    private readonly TimeSpan maxWait;
    private readonly TimeProvider time;

    /// <summary>A hash with the same parameters that no password matches. Verifying it takes as long as verifying a real one.</summary>
    private readonly Lazy<string> decoy;

    /// <summary>Starts the threads.</summary>
    public PasswordHashing(IOptions<PasswordHasherOptions> options, IOptions<AccountsOptions> accounts, TimeProvider time)
    {
        this.time = time;
        hasher = new PasswordHasher<object>(options);
        decoy = new(() => hasher.HashPassword(Nobody, Guid.NewGuid().ToString()));
        maxWait = TimeSpan.FromSeconds(accounts.Value.PasswordWaitSeconds);
        queue = Channel.CreateBounded<Work>(
            new BoundedChannelOptions(accounts.Value.PasswordQueue) { FullMode = BoundedChannelFullMode.Wait });
        for (var i = 0; i < Workers(accounts.Value); i++)
            new Thread(RunQueue) { IsBackground = true, Name = $"passwords-{i}" }.Start();
    }

    /// <summary>The error for a password that was not checked because too many wait: 503 with Retry-After.</summary>
    public static Error Full { get; } =
        Error.Of(
            ErrorCode.Unavailable, "error.sign-ins",
            "Too many people are signing in. Try again in a few seconds; nothing was done.").WithRetryAfter(TimeSpan.FromSeconds(5));

    /// <summary>The number of waiting passwords.</summary>
    public int Waiting => queue.Reader.Count;

    /// <summary>Hashes a prepared password; null when too many wait.</summary>
    public async Task<string?> HashAsync(string password)
    {
        var work = new Work(() => hasher.HashPassword(Nobody, PasswordPolicy.Prepare(password)), time.GetTimestamp());
        return queue.Writer.TryWrite(work) ? (string?)await work.Done.Task : null;
    }

    /// <summary>
    /// Verifies a password: first prepared, then as typed, which is how earlier versions hashed it. With a null hash (no such user) it does
    /// the same work and fails. Null when too many wait.
    /// </summary>
    public async Task<PasswordCheck?> VerifyAsync(string? hash, string password)
    {
        var work = new Work(
            () => Verify(hash ?? decoy.Value, password) is { IsRight: true } right && hash is not null ? right : PasswordCheck.Wrong,
            time.GetTimestamp());
        return queue.Writer.TryWrite(work) ? (PasswordCheck?)await work.Done.Task : null;
    }

    private PasswordCheck Verify(string hash, string password)
    {
        var prepared = PasswordPolicy.Prepare(password);
        if (IsOf(prepared))
            return new PasswordCheck(true, null);
        return prepared != password && IsOf(password)
            ? new PasswordCheck(true, hasher.HashPassword(Nobody, prepared))
            : PasswordCheck.Wrong;

        bool IsOf(string text) => hasher.VerifyHashedPassword(Nobody, hash, text) != PasswordVerificationResult.Failed;
    }

    private void RunQueue()
    {
        while (queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (queue.Reader.TryRead(out var work))
                work.Run(time.GetElapsedTime(work.QueuedAt) > maxWait);
        }
    }

    private static int Workers(AccountsOptions options) =>
        options.PasswordWorkers > 0 ? options.PasswordWorkers : Math.Max(1, Environment.ProcessorCount / 2);

    /// <inheritdoc/>
    public void Dispose() => queue.Writer.TryComplete();

    private sealed record Work(Func<object> Do, long QueuedAt)
    {
        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Runs the work unless its caller no longer waits.</summary>
        public void Run(bool late)
        {
            try
            {
                Done.SetResult(late ? null : Do());
            }
            catch (Exception e)
            {
                Done.SetException(e);
            }
        }
    }
}

/// <summary>The result of verifying a password.</summary>
/// <param name="IsRight">True when it is the account's password.</param>
/// <param name="NewHash">The hash to store from now on, when the old one has an outdated format.</param>
public sealed record PasswordCheck(bool IsRight, string? NewHash)
{
    /// <summary>The result for a wrong password.</summary>
    public static PasswordCheck Wrong { get; } = new(false, null);
}
