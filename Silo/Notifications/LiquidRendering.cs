using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using Fluid;

namespace SoonShop.Silo.Notifications;

/// <summary>Renders templates of one model, one after the other, into one buffer that is used again. For one thread.</summary>
internal sealed class LiquidRendering : IDisposable
{
    /// <summary>Characters of most mails in HTML.</summary>
    private const int UsualLength = 4096;

    private readonly TextBuffer buffer = new();
    private readonly TemplateContext context;
    private readonly Action<string, string> complain;
    private string part = "";

    /// <param name="model">What the templates can name.</param>
    /// <param name="complain">Told of what fails: the part that is rendered, and the error.</param>
    public LiquidRendering(LiquidModel model, Action<string, string> complain)
    {
        this.complain = complain;
        context = LiquidTemplate.NewContext(model, error => this.complain(part, error));
    }

    /// <summary>The text that a template makes of the model; it is gone with the next rendering. Throws when it takes too many steps.</summary>
    /// <param name="template">The template.</param>
    /// <param name="name">The part's name in complaints.</param>
    /// <param name="escape">Escapes the model's texts; null for none.</param>
    public ReadOnlySpan<char> Render(LiquidTemplate template, string name, TextEncoder? escape = null)
    {
        part = name;
        buffer.Clear();
        template.Render(buffer, context, escape);
        return buffer.Written;
    }

    public void Dispose() => buffer.Dispose();

    /// <summary>Takes text up, and does at once what it is asked to do asynchronously.</summary>
    private sealed class TextBuffer : TextWriter
    {
        private char[] chars = ArrayPool<char>.Shared.Rent(UsualLength);
        private int length;

        public override Encoding Encoding => Encoding.Unicode;

        public ReadOnlySpan<char> Written => chars.AsSpan(0, length);

        public void Clear() => length = 0;

        public override void Write(char value) => Write([value]);

        public override void Write(string? value) => Write(value.AsSpan());

        public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

        public override void Write(ReadOnlySpan<char> buffer)
        {
            if (buffer.Length > chars.Length - length)
                Grow(buffer.Length);
            buffer.CopyTo(chars.AsSpan(length));
            length += buffer.Length;
        }

        public override Task WriteAsync(char value)
        {
            Write(value);
            return Task.CompletedTask;
        }

        public override Task WriteAsync(string? value)
        {
            Write(value.AsSpan());
            return Task.CompletedTask;
        }

        public override Task WriteAsync(char[] buffer, int index, int count)
        {
            Write(buffer.AsSpan(index, count));
            return Task.CompletedTask;
        }

        public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return Task.CompletedTask;
        }

        public override Task FlushAsync() => Task.CompletedTask;

        protected override void Dispose(bool disposing)
        {
            ArrayPool<char>.Shared.Return(chars);
            (chars, length) = ([], 0);
            base.Dispose(disposing);
        }

        private void Grow(int more)
        {
            var larger = ArrayPool<char>.Shared.Rent(Math.Max(2 * chars.Length, length + more));
            Written.CopyTo(larger);
            ArrayPool<char>.Shared.Return(chars);
            chars = larger;
        }
    }
}
